//! Whose request it is when reverse proxies stand in front.

use std::net::IpAddr;

use http::HeaderMap;

use super::Peer;

/// The proxies that are believed.
#[derive(Clone, Debug)]
pub(super) struct Proxies {
    trusted: Vec<IpAddr>,
}

impl Proxies {
    pub fn new(trusted: Vec<IpAddr>) -> Proxies {
        Proxies { trusted: trusted.into_iter().map(|address| address.to_canonical()).collect() }
    }

    /// Whether this address is a declared proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.contains(&address.to_canonical())
    }

    /// Whether plain HTTP is spoken with this address at all: with this machine, and with
    /// declared proxies.
    pub fn may_speak_plainly(&self, address: IpAddr) -> bool {
        address.to_canonical().is_loopback() || self.trusts(address)
    }

    /// The client behind a connection. Of `X-Forwarded-For` the rightmost address that is no
    /// proxy of ours counts: what stands left of it, the client may have written itself.
    pub fn peer(&self, connected: IpAddr, tls: bool, headers: &HeaderMap) -> Peer {
        let connected = connected.to_canonical();
        if !self.trusts(connected) {
            return Peer { address: connected, secure: tls || connected.is_loopback() };
        }
        let told = headers.get_all("x-forwarded-for").iter().filter_map(|it| it.to_str().ok());
        let listed: Vec<&str> = told.flat_map(|value| value.split(',')).collect();
        let client = listed
            .iter()
            .rev()
            .map_while(|text| text.trim().parse::<IpAddr>().ok())
            .map(|address| address.to_canonical())
            .find(|address| !self.trusts(*address));
        let plain = headers
            .get("x-forwarded-proto")
            .is_some_and(|scheme| !scheme.as_bytes().eq_ignore_ascii_case(b"https"));
        let address = client.unwrap_or(connected);
        Peer { address, secure: !plain || address.is_loopback() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_declared_proxy_adds_is_believed() {
        let proxies = Proxies::new(vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()]);
        let cases = [
            // connected    X-Forwarded-For                  scheme   client         secure
            ("192.0.2.9", "198.51.100.1", "https", "192.0.2.9", false),
            ("127.0.0.1", "198.51.100.1", "http", "127.0.0.1", true),
            ("10.0.0.1", "198.51.100.1", "https", "198.51.100.1", true),
            ("::ffff:10.0.0.1", "198.51.100.1", "https", "198.51.100.1", true),
            ("10.0.0.1", "203.0.113.7, 198.51.100.1, 10.0.0.2", "https", "198.51.100.1", true),
            ("10.0.0.1", "198.51.100.1, nonsense", "https", "10.0.0.1", true),
            ("10.0.0.1", "198.51.100.1", "http", "198.51.100.1", false),
        ];
        for (connected, forwarded, scheme, client, secure) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            headers.insert("x-forwarded-proto", scheme.parse().unwrap());
            let peer = proxies.peer(connected.parse().unwrap(), false, &headers);
            let expected = Peer { address: client.parse().unwrap(), secure };
            assert_eq!(peer, expected, "{connected} {forwarded} {scheme}");
        }
    }
}
