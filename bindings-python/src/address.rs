//! Addresses of peers as texts: `1.2.3.4:5`, `[::1]:5`, and nothing for none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use pintle_host::abi::{Address, FAMILY_IPV4, FAMILY_IPV6};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub(crate) fn text(address: &Address) -> String {
    let [a, b, c, d, ..] = address.ip;
    match address.family {
        FAMILY_IPV4 => SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), address.port).to_string(),
        FAMILY_IPV6 => {
            SocketAddrV6::new(Ipv6Addr::from(address.ip), address.port, 0, address.scope).to_string()
        }
        _ => String::new(),
    }
}

pub(crate) fn parse(text: &str) -> PyResult<Address> {
    if text.is_empty() {
        return Ok(Address::default());
    }
    let parsed: SocketAddr = text.parse().map_err(|_| {
        PyValueError::new_err(format!("{text:?} is not an address: write it as 1.2.3.4:5 or as [::1]:5"))
    })?;
    let mut address = Address { port: parsed.port(), ..Address::default() };
    match parsed.ip() {
        IpAddr::V4(ip) => {
            address.family = FAMILY_IPV4;
            address.ip[..4].copy_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            address.family = FAMILY_IPV6;
            address.ip = ip.octets();
        }
    }
    if let SocketAddr::V6(parsed) = parsed {
        address.scope = parsed.scope_id();
    }
    Ok(address)
}
