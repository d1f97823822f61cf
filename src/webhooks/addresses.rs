//! Which addresses may be called: public ones, and those that a setting allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use crate::config::{AllowedTarget, Webhooks};

/// IPv4 networks that are not public (the IANA special-purpose registry), and one public address that
/// a cloud (Azure) uses for its metadata.
const NOT_PUBLIC_V4: [Ipv4Net; 16] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    // Shared address space of providers (RFC 6598).
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Link-local, and metadata of most clouds.
    v4([169, 254, 0, 0], 16),
    v4([168, 63, 129, 16], 32),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    // The relays of 6to4.
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    // Reserved, and broadcast.
    v4([240, 0, 0, 0], 4),
];

/// The only IPv6 addresses that are public, apart from [`NOT_PUBLIC_V6`]. Loopback, mapped IPv4
/// addresses, NAT64, unique local, link-local and multicast are outside.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0, 0], 3);
const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    // Protocols, such as Teredo.
    v6([0x2001, 0, 0], 23),
    v6([0x2001, 0xdb8, 0], 32),
    // 6to4 contains an IPv4 address.
    v6([0x2002, 0, 0], 16),
    v6([0x3fff, 0, 0], 20),
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c]: [u16; 3], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// Whether an address is one of the public internet. An IPv4 address in the form of IPv6
/// (`::ffff:…`) is judged as what it is.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOT_PUBLIC_V4
            .iter()
            .any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            PUBLIC_V6.contains(&address)
                && !NOT_PUBLIC_V6
                    .iter()
                    .any(|network| network.contains(&address))
        }
    }
}

/// Which addresses may be called.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    allow_http: bool,
    networks: Vec<IpNet>,
    names: Vec<String>,
}

impl Addresses {
    /// The public ones, and those of the settings.
    pub fn new(settings: &Webhooks) -> Self {
        let mut addresses = Self {
            allow_http: settings.allow_http,
            ..Self::default()
        };
        for target in settings.allowed_targets() {
            match target {
                AllowedTarget::Network(network) => addresses.networks.push(network),
                AllowedTarget::Name(name) => addresses.names.push(name),
            }
        }
        addresses
    }

    /// Whether this address may be called.
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self
                .networks
                .iter()
                .any(|network| network.contains(&address))
    }

    /// Whether this host may be called at whatever address it has.
    pub(super) fn allow_name(&self, name: &str) -> bool {
        self.names.iter().any(|allowed| allowed == name)
    }

    /// Parses the URL of an endpoint. What is called at a host name is checked with each connection.
    ///
    /// # Errors
    /// Why it cannot be the URL of an endpoint.
    pub fn parse(&self, text: &str) -> Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err("must begin with https://"),
            _ => return Err("is not an http(s) URL"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain a user name or a password");
        }
        if url.fragment().is_some() {
            return Err("must not contain a fragment");
        }
        // The parser has turned all notations of an address, such as 0x7f.1, into this form.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err("has no host"),
        };
        match address {
            Some(address) if !self.allow(address) => Err(NOT_ALLOWED),
            _ => Ok(url),
        }
    }
}

pub(super) const NOT_ALLOWED: &str = "the address is not a public one";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn addresses(allowed: &[&str]) -> Addresses {
        let mut settings = Settings::load(None).unwrap().webhooks;
        settings.allowed_targets = allowed.iter().map(|&text| text.into()).collect();
        Addresses::new(&settings)
    }

    #[test]
    fn no_notation_of_an_address_leads_inside() {
        let addresses = addresses(&[]);
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0177.0.0.1",
            "2130706433",
            "0",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "１２７.0.0.1",
            "127。0。0。1",
            "%31%32%37.0.0.1",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:10.0.0.1]",
            "[::127.0.0.1]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::169.254.169.254]",
            "[64:ff9b:1::10.0.0.1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[ff0e::1]",
            "[2001::1]",
            "[2001:0:7f00:1::1]",
            "[2001:20::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::1]",
            "[2002:a9fe:a9fe::1]",
            "[3fff::1]",
            "[100::1]",
            "[5f00::1]",
            "[4000::1]",
        ] {
            let url = format!("https://{host}/hook");
            assert_eq!(addresses.parse(&url), Err(NOT_ALLOWED), "{url}");
        }
        for host in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "8.8.8.8",
            "[2606:4700::1111]",
            "[2a00::1]",
            "[::ffff:8.8.8.8]",
            "receiver.example.com",
        ] {
            let url = format!("https://{host}/hook");
            assert!(addresses.parse(&url).is_ok(), "{url}");
        }
    }

    #[test]
    fn only_complete_urls_with_nothing_else_are_accepted() {
        let mut addresses = addresses(&[]);
        for url in [
            "http://receiver.example.com/",
            "ftp://receiver.example.com/",
            "https://a:b@example.com/",
            "https://a@example.com/",
            "https://example.com/#part",
            "https:///",
            "https://",
            "example.com",
            "https://[::1",
            "https://exa mple.com/",
            "file:///etc/passwd",
            "https://1.2.3.4.5/",
        ] {
            assert!(addresses.parse(url).is_err(), "{url}");
        }
        addresses.allow_http = true;
        assert!(addresses.parse("http://receiver.example.com/").is_ok());
        assert_eq!(addresses.parse("http://127.0.0.1/"), Err(NOT_ALLOWED));
    }

    #[test]
    fn a_setting_allows_networks_addresses_and_names() {
        let addresses = addresses(&[
            "10.20.0.0/16",
            "127.0.0.1",
            "fd00:1::/32",
            "receiver.internal",
        ]);
        for (host, allowed) in [
            ("10.20.30.40", true),
            ("[::ffff:10.20.30.40]", true),
            ("10.21.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("[fd00:1::5]", true),
            ("[fd00:2::5]", false),
        ] {
            let url = format!("https://{host}/");
            assert_eq!(addresses.parse(&url).is_ok(), allowed, "{url}");
        }
        assert!(addresses.allow_name("receiver.internal"));
        assert!(!addresses.allow_name("other.internal"));
    }
}
