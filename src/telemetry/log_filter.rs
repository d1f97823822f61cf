//! What is logged, and how that is changed while the process runs.

use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload::Handle;

/// The filter in force. Cheap to clone.
#[derive(Clone)]
pub struct Filter {
    apply: Arc<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>,
    text: Arc<Mutex<String>>,
}

impl Filter {
    pub(super) fn new<S: 'static>(text: &str, handle: Handle<EnvFilter, S>) -> Self {
        Self {
            apply: Arc::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())),
            text: Arc::new(Mutex::new(text.to_owned())),
        }
    }

    /// As it was set, in the syntax of tracing's `EnvFilter`.
    pub fn text(&self) -> String {
        let text = self.text.lock();
        text.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Logs by another filter from here on.
    ///
    /// # Errors
    /// What is wrong with it; the one in force stays.
    pub fn change(&self, wanted: &str) -> Result<(), String> {
        let filter = parse(wanted)?;
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let say = || tracing::warn!(from = *text, to = wanted, "the log filter changes");
        // One of the two may leave the line out.
        let seen = tracing::enabled!(tracing::Level::WARN);
        if seen {
            say();
        }
        (self.apply)(filter)?;
        if !seen {
            say();
        }
        *text = wanted.to_owned();
        Ok(())
    }
}

/// Reads a filter.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<EnvFilter, String> {
    if text.trim().is_empty() {
        return Err("it is empty; `off` logs nothing".into());
    }
    text.parse::<EnvFilter>().map_err(|error| error.to_string())
}
