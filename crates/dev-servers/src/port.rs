//! Ports on the loopback address.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;

/// Below those that Linux gives to connections.
const LASTING: std::ops::Range<u16> = 15_000..30_000;
const LASTING_ATTEMPTS: usize = 100;
/// The name in messages for ports without a setting.
pub(crate) const INTERNAL: &str = "internal";

/// How often a server is started before giving up because another process took its port.
pub(crate) const ATTEMPTS: usize = 5;

/// A port that is reserved until this is dropped.
///
/// A server cannot inherit the listener, so another process may take the port between dropping this
/// and the server's own `bind`. Hold all reservations of one server until just before its start (so
/// that they differ), and retry when it lost the race.
#[derive(Debug)]
pub(crate) struct Reservation {
    pub(crate) port: u16,
    _listener: TcpListener,
}

/// Reserves `port`, or any free one where it is 0. `setting` names it in messages.
pub(crate) fn reserve(port: u16, setting: &'static str) -> Result<Reservation, Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { port, setting },
        _ => Error::Port {
            port,
            setting,
            source,
        },
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok(Reservation {
        port,
        _listener: listener,
    })
}

/// Reserves a free port that stays free while nothing listens on it: it is below those that Linux
/// gives to connections.
pub(crate) fn reserve_lasting() -> Result<Reservation, Error> {
    let random = || reserve(rand::random_range(LASTING), INTERNAL);
    let mut attempts = std::iter::repeat_with(random).take(LASTING_ATTEMPTS);
    attempts
        .find(Result::is_ok)
        .unwrap_or_else(|| reserve(0, INTERNAL))
}

/// A port on the loopback address that is free now, and stays free while nothing listens on it.
pub fn lasting_port() -> Result<u16, Error> {
    Ok(reserve_lasting()?.port)
}

/// Whether a server's log shows that it lost the race for a port. PostgreSQL and Go both quote the
/// text of EADDRINUSE.
pub(crate) fn was_taken(log: &str) -> bool {
    log.to_ascii_lowercase().contains("address already in use")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_its_setting() {
        let taken = reserve(0, "test").unwrap();
        let message = reserve(taken.port, "dev.postgres_port")
            .unwrap_err()
            .to_string();
        let expected = format!("port {} (dev.postgres_port) is already in use", taken.port);
        assert!(message.starts_with(&expected), "{message}");
    }
}
