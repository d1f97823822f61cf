//! The log filter of the settings.

use tracing_subscriber::EnvFilter;

/// Parses a log filter, or says what is wrong with it.
pub fn parse_log_filter(text: &str) -> Result<EnvFilter, String> {
    if text.trim().is_empty() {
        return Err("it is empty; `off` logs nothing".into());
    }
    text.parse::<EnvFilter>().map_err(|error| error.to_string())
}
