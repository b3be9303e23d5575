//! The address of a peer.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::str::FromStr;

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::calls::text;
use crate::calls::texts::view;
use crate::error::Error;

/// The address of a peer. As a text it is `1.2.3.4:5`, `[::1]:5`, a name such as `unix:/run/x.sock`, or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Address {
    /// Its transport has no addresses, or did not tell.
    #[default]
    None,
    /// An IP address and port.
    Ip(SocketAddr),
    /// The name of a Unix socket, a pipe or a serial line.
    Named(String),
}

impl Address {
    /// The IP address and port, if it has them.
    #[must_use]
    pub const fn ip(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            _ => None,
        }
    }

    /// From the contract's form.
    ///
    /// # Safety
    /// The name is a view of the host's, readable now.
    pub(crate) unsafe fn heard(from: &abi::Address) -> Self {
        match from.family {
            abi::FAMILY_IPV4 => {
                let [a, b, c, d, ..] = from.ip;
                Self::Ip(SocketAddr::new(IpAddr::from([a, b, c, d]), from.port))
            }
            abi::FAMILY_IPV6 => {
                let ip = Ipv6Addr::from(from.ip);
                Self::Ip(SocketAddr::V6(SocketAddrV6::new(ip, from.port, 0, from.scope)))
            }
            // SAFETY: the caller's.
            abi::FAMILY_NAMED => Self::Named(unsafe { text(from.name.data, from.name.length) }.to_owned()),
            _ => Self::None,
        }
    }

    /// The address as the contract passes it. The result is valid as long as the name is.
    pub(crate) fn told(&self) -> abi::Address {
        let mut told = abi::Address::none();
        match self {
            Self::None => {}
            Self::Ip(SocketAddr::V4(v4)) => {
                told.family = abi::FAMILY_IPV4;
                told.port = v4.port();
                told.ip[..4].copy_from_slice(&v4.ip().octets());
            }
            Self::Ip(SocketAddr::V6(v6)) => {
                told.family = abi::FAMILY_IPV6;
                (told.port, told.scope, told.ip) = (v6.port(), v6.scope_id(), v6.ip().octets());
            }
            Self::Named(name) => {
                told.family = abi::FAMILY_NAMED;
                told.name = view(name);
            }
        }
        told
    }
}

/// Reads what [`Display`](fmt::Display) writes: nothing, an IP address and port, or a name that begins with its scheme.
///
/// A name without a scheme has to be given as [`Named`](Address::Named), because as a text it could also be the name of a
/// host, or an IP address that lacks its port.
impl FromStr for Address {
    type Err = Error;

    /// # Errors
    /// `E_ARGUMENT`: the text is none of these.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::None);
        }
        if let Ok(ip) = text.parse() {
            return Ok(Self::Ip(ip));
        }
        if has_scheme(text) && text.parse::<IpAddr>().is_err() {
            return Ok(Self::Named(text.to_owned()));
        }
        let words = format!(
            "{text:?} is not the address of a peer: write an IP address and port, as 1.2.3.4:5 or [::1]:5, or a name with \
             its scheme, as unix:/run/x.sock"
        );
        Err(Error::new(status::E_ARGUMENT, words))
    }
}

/// Whether a text begins with a scheme, as a URI does. Digits alone after the colon are a port, and what precedes them
/// is the name of a host.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_word = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let begins = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    is_word && begins && rest.bytes().any(|byte| !byte.is_ascii_digit())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Ip(ip) => ip.fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_was() {
        for text in
            ["", "1.2.3.4:5", "[::1]:5", "unix:/run/x.sock", "serial:/dev/ttyS0", "pipe:3x", "a+b-c.d:é"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("1.2.3.4:5".parse::<Address>().unwrap().ip(), "1.2.3.4:5".parse().ok());
        assert_eq!("unix:x".parse(), Ok(Address::Named("unix:x".to_owned())));
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_one_is() {
        let wrong = [
            "nowhere",
            "localhost:80",
            "localhost:",
            "1.2.3.4",
            "1.2.3.4:99999",
            "::1",
            "fe80::1",
            ":x",
            "a b:c",
            "/run/x.sock",
        ];
        for text in wrong {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(error.code, status::E_ARGUMENT);
            for word in [&*format!("{text:?}"), "1.2.3.4:5", "[::1]:5", "unix:/run/x.sock"] {
                assert!(error.text.contains(word), "{error}");
            }
        }
    }
}
