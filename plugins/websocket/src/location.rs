//! Where to listen or connect: `ws://host:port/path`.

use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs},
};

use tungstenite::http::Uri;

/// A `ws://` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub host: String,
    /// The TCP port; 0 lets the operating system choose.
    pub port: u16,
    /// Begins with a slash; a query belongs to it.
    pub path: String,
}

impl Location {
    /// Reads an address. `None`: it has another scheme, so another transport serves it.
    pub fn parse(address: &str) -> Option<Result<Self, String>> {
        let scheme = address.get(..5)?;
        scheme.eq_ignore_ascii_case("ws://").then(|| {
            Self::read(address)
                .map_err(|why| format!("{address} is not an address like ws://127.0.0.1:8080/path: {why}"))
        })
    }

    fn read(address: &str) -> Result<Self, String> {
        let uri: Uri = address.parse().map_err(|why| format!("{why}"))?;
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.as_str().contains('@') {
            return Err("a user name is not supported".to_owned());
        }
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None => 80,
            Some(digits) => digits.parse().map_err(|_| format!("\"{digits}\" is not a port"))?,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self { host: authority.host().to_owned(), port, path: path.to_owned() })
    }

    /// The socket addresses that the host stands for. A name is looked up, which can wait.
    ///
    /// # Errors
    /// The operating system does not know the name.
    pub fn resolve(&self) -> io::Result<impl Iterator<Item = SocketAddr>> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        (host, self.port).to_socket_addrs()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ws://{}:{}{}", self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Location {
        Location::parse(address).expect("ours").expect("well-formed")
    }

    #[test]
    fn the_parts_are_read_and_written_back() {
        let location = read("ws://127.0.0.1:8080/a/b?c=d");
        assert_eq!((&*location.host, location.port, &*location.path), ("127.0.0.1", 8080, "/a/b?c=d"));
        assert_eq!(location.to_string(), "ws://127.0.0.1:8080/a/b?c=d");
        assert_eq!(read("WS://[::1]:0").to_string(), "ws://[::1]:0/");
        assert_eq!(read("ws://localhost").port, 80);
    }

    #[test]
    fn an_ipv6_address_resolves_without_its_brackets() {
        let resolved: Vec<_> = read("ws://[::1]:7").resolve().unwrap().collect();
        assert_eq!(resolved, ["[::1]:7".parse().unwrap()]);
    }

    #[test]
    fn other_schemes_are_for_somebody_else() {
        for address in ["", "ws", "wss://x:1", "udp://x:1", "serial:/dev/tty0", "wsé://"] {
            assert_eq!(Location::parse(address), None, "{address}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (address, part) in [
            ("ws://", "ws:// is not an address like"),
            ("ws://host:99999", "99999"),
            ("ws://user@host:1", "a user name is not supported"),
            ("ws://a b:1", "ws://a b:1 is not"),
        ] {
            let sentence = Location::parse(address).expect("ours").unwrap_err();
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
