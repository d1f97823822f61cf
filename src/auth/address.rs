//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The address of the client: the peer, or what the proxies in front of us say of it. A client can
/// write what it likes to the left of what the proxies add, so the first address from the right that
/// is not a proxy's counts.
pub(super) fn of_client(request: &HttpRequest, proxies: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !is_proxy(peer, proxies) {
        return Some(peer);
    }
    let lines = request.headers().get_all("x-forwarded-for");
    let named: Vec<&str> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    let mut client = peer;
    for text in named.into_iter().rev() {
        let Ok(address) = text.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
        if !is_proxy(client, proxies) {
            break;
        }
    }
    Some(client)
}

/// What is counted together: one host of IPv4, one network of IPv6, of which a single client has all
/// addresses.
pub(super) fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

fn is_proxy(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut request = TestRequest::get().peer_addr(format!("{peer}:1").parse().unwrap());
        for line in forwarded {
            request = request.append_header(("x-forwarded-for", *line));
        }
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let found = of_client(&request.to_http_request(), &proxies);
        found.unwrap().to_string()
    }

    #[test]
    fn only_proxies_are_believed() {
        assert_eq!(client("8.8.8.8", &["1.1.1.1"]), "8.8.8.8");
        assert_eq!(client("10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_does_not_count() {
        assert_eq!(
            client("10.0.0.1", &["9.9.9.9, 1.1.1.1, 10.0.0.2"]),
            "1.1.1.1"
        );
        assert_eq!(client("10.0.0.1", &["9.9.9.9", "1.1.1.1"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let one = counted("2001:db8:1:2:3::4".parse().unwrap());
        assert_eq!(one, counted("2001:db8:1:2::9".parse().unwrap()));
        assert_ne!(one, counted("2001:db8:1:3::9".parse().unwrap()));
    }
}
