//! The log filter of the settings.

use tracing_subscriber::EnvFilter;

/// Parses a log filter; the error describes the fault.
pub fn parse_log_filter(text: &str) -> Result<EnvFilter, String> {
    if text.trim().is_empty() {
        return Err("the filter is empty; use `off` to log nothing".into());
    }
    text.parse::<EnvFilter>().map_err(|error| error.to_string())
}
