//! The name and address of a peer.

use core::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use pintle_abi_core as abi;

use crate::Text;

/// The address of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Address<'a> {
    /// The transport has no addresses or did not give one, or the family is one that this version does not know.
    #[default]
    None,
    /// An IP address and port.
    Ip(SocketAddr),
    /// The name of a Unix socket, a pipe or a serial line, such as `unix:/run/x.sock`.
    Named(&'a str),
}

impl Address<'_> {
    /// The IP address and port, if it has them.
    #[must_use]
    pub const fn ip(self) -> Option<SocketAddr> {
        match self {
            Address::Ip(ip) => Some(ip),
            _ => None,
        }
    }

    /// The contract's form.
    pub(crate) fn told(self) -> abi::Address {
        match self {
            Address::None => abi::Address::none(),
            Address::Ip(SocketAddr::V4(v4)) => {
                let mut ip = [0; 16];
                ip[..4].copy_from_slice(&v4.ip().octets());
                abi::Address { family: abi::FAMILY_IPV4, port: v4.port(), ip, ..abi::Address::none() }
            }
            Address::Ip(SocketAddr::V6(v6)) => abi::Address {
                family: abi::FAMILY_IPV6,
                port: v6.port(),
                scope: v6.scope_id(),
                ip: v6.ip().octets(),
                ..abi::Address::none()
            },
            Address::Named(name) => {
                abi::Address { family: abi::FAMILY_NAMED, name: view(name), ..abi::Address::none() }
            }
        }
    }
}

impl<'a> Address<'a> {
    /// From the contract's form.
    ///
    /// # Safety
    /// The name is the host's view, valid for `'a`.
    pub(crate) unsafe fn heard(from: &abi::Address) -> Self {
        match from.family {
            abi::FAMILY_IPV4 => {
                let [a, b, c, d, ..] = from.ip;
                Address::Ip(SocketAddr::new(IpAddr::from([a, b, c, d]), from.port))
            }
            abi::FAMILY_IPV6 => {
                let ip = Ipv6Addr::from(from.ip);
                Address::Ip(SocketAddr::V6(SocketAddrV6::new(ip, from.port, 0, from.scope)))
            }
            // SAFETY: as the caller promises.
            abi::FAMILY_NAMED => Address::Named(unsafe { text(&from.name) }),
            _ => Address::None,
        }
    }
}

impl From<SocketAddr> for Address<'_> {
    fn from(ip: SocketAddr) -> Self {
        Address::Ip(ip)
    }
}

/// Options of a new session.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionOptions<'a> {
    /// The number that the owner gave the peer.
    pub client_id: i64,
    /// The address of the peer.
    pub address: Address<'a>,
    /// The owner's own word for the session, as if by [`Sessions::set_data`](crate::Sessions::set_data).
    pub data: usize,
    /// The user name of the peer, proved or not; may be empty.
    pub user: &'a str,
    /// The sub-protocol that was agreed with the peer; may be empty.
    pub protocol: &'a str,
}

/// The contract's form of text.
pub(crate) fn view(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}

/// A text of the host, which it has checked to be UTF-8; empty if it is not.
///
/// # Safety
/// It is the host's view, valid for `'a`.
pub(crate) unsafe fn text<'a>(view: &Text) -> &'a str {
    if view.length == 0 {
        return "";
    }
    // SAFETY: as the caller promises.
    let bytes = unsafe { core::slice::from_raw_parts(view.data.cast::<u8>(), view.length) };
    str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_way_there_and_back() {
        let ips =
            ["127.0.0.1:80", "[::1]:65535", "[fe80::1%3]:1"].map(|text| Address::Ip(text.parse().unwrap()));
        for there in ips.into_iter().chain([Address::None, Address::Named("unix:/run/x.sock")]) {
            // SAFETY: the name is a constant.
            assert_eq!(unsafe { Address::heard(&there.told()) }, there);
        }
    }
}
