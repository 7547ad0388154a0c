//! Where a request came from.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct Peer(pub IpAddr);

/// Addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) struct Network {
    bits: u128,
    /// How many bits count, of 128.
    length: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, or one address.
    pub(in crate::serve) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Some(most), |length| length.parse().ok().filter(|length| *length <= most))?;
        Some(Self { bits: bits(address), length: 128 - most + length })
    }

    fn contains(&self, address: IpAddr) -> bool {
        let differ = bits(address) ^ self.bits;
        self.length == 0 || differ >> (128 - self.length) == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address that a request is counted by: the last one on its way that is not one of `proxies`. Others can write what they like into
/// `X-Forwarded-For`.
pub(super) fn origin(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut origin = peer.to_canonical();
    if proxies.is_empty() {
        return origin;
    }
    let lists: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|list| list.to_str().ok()).collect();
    let mut way = lists.iter().rev().flat_map(|list| list.rsplit(','));
    while is_proxy(origin) {
        let Some(Ok(before)) = way.next().map(|address| address.trim().parse::<IpAddr>()) else { break };
        origin = before.to_canonical();
    }
    origin
}

/// What of `address` tells one client from another: a client has a whole network of 64 bits to itself where addresses are long.
pub(super) fn client(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_are_believed() {
        let proxies = [Network::parse("10.0.0.0/8").unwrap(), Network::parse("::1").unwrap()];
        for (peer, forwarded, origin_is) in [
            ("1.2.3.4", "5.6.7.8", "1.2.3.4"),
            ("10.1.1.1", "5.6.7.8", "5.6.7.8"),
            ("10.1.1.1", "9.9.9.9, 5.6.7.8", "5.6.7.8"),
            ("10.1.1.1", "9.9.9.9, 5.6.7.8, 10.2.2.2", "5.6.7.8"),
            ("::1", "10.2.2.2", "10.2.2.2"),
            ("10.1.1.1", "nonsense", "10.1.1.1"),
            ("::ffff:10.1.1.1", "5.6.7.8", "5.6.7.8"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let found = origin(peer.parse().unwrap(), &headers, &proxies);
            assert_eq!(found.to_string(), origin_is, "{peer} {forwarded}");
        }
    }

    #[test]
    fn networks_are_read() {
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "x", "::/129", "10.0.0.0/-1"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
        assert!(Network::parse("::/0").unwrap().contains("1.2.3.4".parse().unwrap()));
        assert!(Network::parse("0.0.0.0/0").unwrap().contains("1.2.3.4".parse().unwrap()));
        assert!(!Network::parse("0.0.0.0/0").unwrap().contains("2001:db8::1".parse().unwrap()));
        assert_eq!(client("2001:db8::1:2:3:4".parse().unwrap()).to_string(), "2001:db8::");
    }
}
