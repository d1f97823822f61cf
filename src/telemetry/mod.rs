//! Logs: text for people in a terminal, JSON elsewhere, always on stderr.

mod json;
pub mod request;
mod writer;

pub use json::Json;
pub use writer::Flush;

use std::fmt;
use std::io::{IsTerminal, stderr};

use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Log, LogFormat};

/// Starts logging for this process. What is left is written when the guard is dropped.
///
/// # Errors
/// When it has been started before, or there is no thread for it.
pub fn init(settings: &Log) -> anyhow::Result<Flush> {
    use tracing_subscriber::util::SubscriberInitExt;
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !stderr().is_terminal(),
    };
    let (writer, flush) = writer::start(stderr())?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&settings.filter))
        .with_writer(writer);
    if json {
        builder
            .event_format(Json)
            .fmt_fields(JsonFields::new())
            .finish()
            .try_init()?;
    } else {
        builder
            .with_ansi(stderr().is_terminal())
            .map_event_format(Text)
            .finish()
            .try_init()?;
    }
    Ok(flush)
}

/// Lines for people, which begin with the id of the request that they belong to.
struct Text<F>(F);

impl<S, N, F> FormatEvent<S, N> for Text<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if let Some(id) = request::id() {
            write!(line, "{id} ")?;
        }
        self.0.format_event(context, line, event)
    }
}
