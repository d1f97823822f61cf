//! Host names that a server without authentication accepts.
//!
//! A page may resolve its own name to the address of this machine (DNS rebinding). The browser then
//! regards requests to this server as same-origin, so neither CORS nor a preflight applies, but the
//! requests still contain the page's host name. A server without authentication therefore accepts
//! only names that always resolve to this machine, the address of the connection, and names in the
//! settings.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use contract_runtime::server::Rejection;
use url::Url;

/// The accepted host names and origins of a server without authentication.
pub(super) struct Hosts {
    /// The setting that lists hosts, for the error message.
    setting: &'static str,
    names: Vec<Named>,
    origins: Vec<String>,
}

/// The local address of a connection.
struct LocalAddress(IpAddr);

/// Called for every new connection (`HttpServer::on_connect`).
pub(super) fn register(stream: &dyn Any, data: &mut Extensions) {
    let plain = stream.downcast_ref::<TcpStream>();
    let encrypted = stream.downcast_ref::<TlsStream<TcpStream>>();
    let stream = plain.or_else(|| encrypted.map(|stream| stream.get_ref().0));
    if let Some(address) = stream.and_then(|stream| stream.local_addr().ok()) {
        data.insert(LocalAddress(address.ip().to_canonical()));
    }
}

/// The middleware: rejects requests that a page of another origin may have sent.
pub(super) async fn check<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(hosts) = request.app_data::<Data<Hosts>>() {
        hosts.admit(&request)?;
    }
    next.call(request).await
}

/// A host, as an address or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Address(IpAddr),
    /// In lower case.
    Name(String),
}

impl Hosts {
    /// Accepts these names in addition to those of this machine; `setting` is the name of their
    /// setting. Pages of these origins may send unsafe requests, in addition to the server's own
    /// origin.
    pub(super) fn new(setting: &'static str, names: &[String], origins: &[String]) -> Self {
        Self {
            setting,
            names: names.iter().filter_map(|name| Named::read(name)).collect(),
            origins: origins.to_vec(),
        }
    }

    fn admit(&self, request: &ServiceRequest) -> Result<(), Rejection> {
        let local = request.conn_data::<LocalAddress>().map(|local| local.0);
        // Browsers always send a host, so a request without one is not from a browser.
        let allowed = |text: &str| Named::read(text).is_some_and(|host| self.has(&host, local));
        if !authorities(request).all(|text| text.is_some_and(allowed)) {
            return Err(self.wrong_host());
        }
        let origins = request.headers().get_all(ORIGIN);
        let is_ours = |origin: &HeaderValue| self.is_ours(origin.to_str().ok(), request);
        if request.method().is_safe() || origins.into_iter().all(is_ours) {
            return Ok(());
        }
        Err(wrong_origin())
    }

    fn has(&self, host: &Named, local: Option<IpAddr>) -> bool {
        let own = match host {
            // DNS cannot redirect an address.
            Named::Address(address) => address.is_loopback() || Some(*address) == local,
            Named::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        };
        own || self.names.contains(host)
    }

    /// Whether a page of this origin may send unsafe requests: one from this server, with the
    /// request's own host, or one in the settings.
    fn is_ours(&self, origin: Option<&str>, request: &ServiceRequest) -> bool {
        let Some(origin) = origin else { return false };
        if self.origins.iter().any(|known| known == origin) {
            return true;
        }
        let (Ok(url), Some(Some(requested))) = (Url::parse(origin), authorities(request).next())
        else {
            return false;
        };
        let same_host = url.host_str().and_then(Named::read) == Named::read(requested);
        let requested_port = port(requested).or_else(|| default_port(url.scheme()));
        same_host && url.host_str().is_some() && url.port_or_known_default() == requested_port
    }

    fn wrong_host(&self) -> Rejection {
        let detail = format!(
            "this server requires no authentication, so it accepts only host names of its own \
             machine; {} allows others",
            self.setting
        );
        Rejection::new(StatusCode::MISDIRECTED_REQUEST, "host_not_allowed", detail)
    }
}

impl Named {
    /// From `HOST` or `HOST:PORT`.
    fn read(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            let fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            let address: Ipv6Addr = address.parse().ok()?;
            return fits.then_some(Self::Address(address.to_canonical()));
        }
        let (host, port) = text.split_once(':').unwrap_or((text, ""));
        if host.is_empty() || !is_port(port) {
            return None;
        }
        Some(match host.parse::<Ipv4Addr>() {
            Ok(address) => Self::Address(address.into()),
            Err(_) => {
                let name = host.strip_suffix('.').unwrap_or(host);
                Self::Name(name.to_ascii_lowercase())
            }
        })
    }
}

/// The hosts that a request names: in its request line, which takes precedence over `Host` (RFC
/// 9112, section 3.2.2), and in `Host`. `None` for a value that is not text.
fn authorities(request: &ServiceRequest) -> impl Iterator<Item = Option<&str>> {
    let first = request.head().uri.authority();
    let first = first.map(|authority| Some(authority.as_str()));
    let lines = request.headers().get_all(HOST);
    first
        .into_iter()
        .chain(lines.map(|line| line.to_str().ok()))
}

/// A port may be empty (RFC 3986, section 3.2.3).
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn port(authority: &str) -> Option<u16> {
    let (_, port) = authority.rsplit_once(':')?;
    port.parse().ok()
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn wrong_origin() -> Rejection {
    Rejection::new(
        StatusCode::FORBIDDEN,
        "origin_not_allowed",
        "pages of other origins may not send this request",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_parsed_with_and_without_a_port() {
        let address = |text: &str| Some(Named::Address(text.parse().unwrap()));
        let name = |text: &str| Some(Named::Name(text.into()));
        for (text, read) in [
            ("Orders.Internal.:80", name("orders.internal")),
            ("orders", name("orders")),
            ("127.0.0.1:", address("127.0.0.1")),
            ("[::1]:80", address("::1")),
            ("[::ffff:127.0.0.1]", address("127.0.0.1")),
            ("", None),
            (":80", None),
            ("localhost:x", None),
            ("[::1", None),
            ("[::1]80", None),
            ("::1", None),
            ("127.1", name("127.1")),
            ("evil@localhost", name("evil@localhost")),
        ] {
            assert_eq!(Named::read(text), read, "{text}");
        }
    }

    #[test]
    fn an_address_is_accepted_only_if_it_is_that_of_the_connection() {
        let names = ["Orders.internal".into(), "192.0.2.9".into()];
        let hosts = Hosts::new("http.allowed_hosts", &names, &[]);
        let has = |text: &str, local: &str| {
            hosts.has(&Named::read(text).unwrap(), Some(local.parse().unwrap()))
        };
        assert!(has("192.0.2.1:9090", "192.0.2.1"));
        assert!(has("[2001:db8::1]", "2001:db8::1"));
        assert!(!has("192.0.2.2:9090", "192.0.2.1"));
        assert!(has("orders.INTERNAL:80", "192.0.2.1"));
        assert!(has("192.0.2.9", "192.0.2.1"));
        assert!(!has("internal", "192.0.2.1"));
    }
}
