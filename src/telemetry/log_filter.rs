//! The current log filter, which can be changed while the process runs.

use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload::Handle;

use crate::config::parse_log_filter;

/// The current log filter. Cheap to clone.
#[derive(Clone)]
pub struct LogFilter {
    apply: Arc<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>,
    text: Arc<Mutex<String>>,
}

impl LogFilter {
    pub(super) fn new<S: 'static>(text: &str, handle: Handle<EnvFilter, S>) -> Self {
        Self {
            apply: Arc::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())),
            text: Arc::new(Mutex::new(text.to_owned())),
        }
    }

    /// The text of the filter, in the syntax of tracing's `EnvFilter`.
    pub fn text(&self) -> String {
        let text = self.text.lock();
        text.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the filter; on an error, which describes the fault, the previous filter stays.
    pub fn change(&self, wanted: &str) -> Result<(), String> {
        let filter = parse_log_filter(wanted)?;
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let log = || tracing::warn!(from = *text, to = wanted, "changing the log filter");
        // Either filter may suppress the line, so it is logged under the one that does not.
        let logged = tracing::enabled!(tracing::Level::WARN);
        if logged {
            log();
        }
        (self.apply)(filter)?;
        if !logged {
            log();
        }
        *text = wanted.to_owned();
        Ok(())
    }
}
