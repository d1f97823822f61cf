//! Logs: text for people in a terminal, JSON elsewhere, always on stderr.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

use crate::config::{Log, LogFormat};

/// Starts logging for this process.
///
/// # Errors
/// When it has been started before.
pub fn init(settings: &Log) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt;
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&settings.filter))
        .with_writer(stderr);
    if json {
        builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .finish()
            .try_init()
    } else {
        builder
            .with_ansi(stderr().is_terminal())
            .finish()
            .try_init()
    }
}
