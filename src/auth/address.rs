//! The address of a client.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The address of the client: the peer, or what trusted proxies report in `X-Forwarded-For`. A
/// client can write anything to the left of what the proxies append, so the first address from the
/// right that is not a proxy counts.
pub(super) fn of_client(request: &HttpRequest, proxies: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !is_proxy(peer, proxies) {
        return Some(peer);
    }
    let lines = request.headers().get_all("x-forwarded-for");
    let entries: Vec<&[u8]> = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        // A list may have empty elements (RFC 9110, section 5.6.1.2).
        .filter(|entry| !entry.is_empty())
        .collect();
    let mut client = peer;
    for entry in entries.into_iter().rev() {
        // If an entry cannot be parsed, the proxy that passed it on is the closest known address.
        let Some(address) = std::str::from_utf8(entry).ok().and_then(parse) else {
            break;
        };
        client = address;
        if !is_proxy(client, proxies) {
            break;
        }
    }
    Some(client)
}

/// Parses an address in the forms that proxies write: alone, with a port, in brackets, in quotes,
/// with a zone.
fn parse(entry: &str) -> Option<IpAddr> {
    let inner = entry
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let mut text = inner.unwrap_or(entry).to_owned();
    // A zone names an interface of the machine that wrote it, so it is ignored.
    if let Some(zone) = text.find('%')
        && text[..zone].contains(':')
    {
        let end = text[zone..].find(']').map_or(text.len(), |end| zone + end);
        text.replace_range(zone..end, "");
    }
    let brackets = || {
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
    };
    let address = (text.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|_| text.parse::<IpAddr>())
        .ok()
        .or_else(|| brackets().map(IpAddr::from));
    address.map(|address| address.to_canonical())
}

/// The unit that is counted: one host for IPv4; one /64 network for IPv6, because a single client
/// usually has all its addresses.
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
    use actix_web::http::header::HeaderValue;
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
    fn x_forwarded_for_counts_only_from_a_proxy() {
        assert_eq!(client("8.8.8.8", &["1.1.1.1"]), "8.8.8.8");
        assert_eq!(client("10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn entries_that_the_client_wrote_are_ignored() {
        assert_eq!(
            client("10.0.0.1", &["9.9.9.9, 1.1.1.1, 10.0.0.2"]),
            "1.1.1.1"
        );
        assert_eq!(client("10.0.0.1", &["9.9.9.9", "1.1.1.1"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn addresses_are_parsed_in_every_form_that_proxies_write() {
        for (written, read) in [
            ("1.1.1.1:4711", "1.1.1.1"),
            (" 1.1.1.1 ", "1.1.1.1"),
            ("\"1.1.1.1\"", "1.1.1.1"),
            ("\"1.1.1.1:4711\"", "1.1.1.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("::ffff:1.1.1.1", "1.1.1.1"),
            ("[::ffff:1.1.1.1]:4711", "1.1.1.1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:4711", "fe80::1"),
            ("1.1.1.1:4711, 10.0.0.2:80", "1.1.1.1"),
            ("1.1.1.1,, 10.0.0.2 ,", "1.1.1.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[written]), read, "{written}");
        }
    }

    #[test]
    fn an_invalid_entry_ends_the_search_at_the_proxy_that_passed_it_on() {
        for junk in [
            "nonsense",
            "unknown",
            "_hidden",
            "1.1.1.1:",
            "1.1.1.1:port",
            "1.1.1.1:99999",
            "1.1.1.1.",
            "[1.1.1.1]:80",
            "[2001:db8::1",
            "[2001:db8::1]80",
            "\"1.1.1.1",
            "1.1.1.1%eth0",
        ] {
            let line = format!("9.9.9.9, {junk}, 10.0.0.2");
            assert_eq!(client("10.0.0.1", &[&line]), "10.0.0.2", "{junk}");
        }
        // Bytes that are not text invalidate their own entry only, not what a proxy has appended.
        let value = HeaderValue::from_bytes(b"9.9.9.9, \xff, 1.1.1.1").unwrap();
        let request = TestRequest::get()
            .peer_addr("10.0.0.1:1".parse().unwrap())
            .append_header(("x-forwarded-for", value));
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let found = of_client(&request.to_http_request(), &proxies);
        assert_eq!(found.unwrap().to_string(), "1.1.1.1");
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let one = counted("2001:db8:1:2:3::4".parse().unwrap());
        assert_eq!(one, counted("2001:db8:1:2::9".parse().unwrap()));
        assert_ne!(one, counted("2001:db8:1:3::9".parse().unwrap()));
    }
}
