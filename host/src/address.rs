//! Where a peer is.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use pintle_abi_core as abi;

use crate::calls::text;

/// Where a peer is. As a text: `1.2.3.4:5`, `[::1]:5`, a name such as `unix:/run/x.sock`, or nothing.
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

    /// The contract's form of an IP address and port.
    pub(crate) fn told(ip: Option<SocketAddr>) -> abi::Address {
        let mut told = abi::Address::none();
        match ip {
            None => {}
            Some(SocketAddr::V4(v4)) => {
                told.family = abi::FAMILY_IPV4;
                told.port = v4.port();
                told.ip[..4].copy_from_slice(&v4.ip().octets());
            }
            Some(SocketAddr::V6(v6)) => {
                told.family = abi::FAMILY_IPV6;
                (told.port, told.scope, told.ip) = (v6.port(), v6.scope_id(), v6.ip().octets());
            }
        }
        told
    }
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
