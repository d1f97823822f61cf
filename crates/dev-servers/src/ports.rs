//! Ports on the loopback address.

use super::DevError;
use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

/// How often a server is started anew because another process took a port in between.
pub(super) const ATTEMPTS: usize = 5;

/// A port that is ours until this is dropped.
///
/// A server cannot inherit the listener, so there is a moment between dropping this and the server's
/// own `bind` in which another process may take the port. Hold all claims of one server until just
/// before its start (they then differ from each other), and try again when it lost the race.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) port: u16,
    _listener: TcpListener,
}

/// Claims `port`, or any free one where it is 0. `setting` is where the port was set, for messages.
pub(super) fn claim(port: u16, setting: &'static str) -> Result<Claim, DevError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => DevError::PortInUse { port, setting },
        _ => DevError::Port {
            port,
            setting,
            source,
        },
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok(Claim {
        port,
        _listener: listener,
    })
}

/// Whether a server's log says that it lost the race for a port. PostgreSQL and Go both quote the
/// text of EADDRINUSE.
pub(super) fn was_taken(log: &str) -> bool {
    log.to_ascii_lowercase().contains("address already in use")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_its_setting() {
        let taken = claim(0, "test").unwrap();
        let message = claim(taken.port, "dev.postgres_port")
            .unwrap_err()
            .to_string();
        let expected = format!("port {} (dev.postgres_port) is already in use", taken.port);
        assert!(message.starts_with(&expected), "{message}");
    }
}
