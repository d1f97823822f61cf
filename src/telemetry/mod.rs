//! Logs: text for people in a terminal, JSON elsewhere, always on stderr.

mod json;
pub mod request;

use std::fmt;
use std::io::{BufWriter, IsTerminal, stderr};

use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::TryInitError;

use crate::config::{Log, LogFormat};

/// Lines that may wait to be written. Beyond that they are dropped: whoever reads the log too slowly
/// must not stop the service.
const WAITING_LINES: usize = 16 * 1024;

/// Bytes that are written at a time when there is much to write.
const BUFFER: usize = 64 * 1024;

/// Starts logging for this process. Lines are written by a thread of its own, many at a time under
/// load; what is left is written when the guard is dropped.
///
/// # Errors
/// When it has been started before.
pub fn init(settings: &Log) -> Result<WorkerGuard, TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt;
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !stderr().is_terminal(),
    };
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(BufWriter::with_capacity(BUFFER, stderr()));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&settings.filter))
        .with_writer(writer);
    if json {
        builder
            .event_format(json::Json)
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
    Ok(guard)
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
