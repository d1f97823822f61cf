//! Logs (text in a terminal, JSON elsewhere, always on stderr), metrics, and traces.

mod json;
mod log_filter;
pub mod metrics;
pub mod request_scope;
mod timestamp;
pub mod traces;
mod writer;

pub use json::Json;
pub use log_filter::LogFilter;
pub use metrics::Metrics;
pub use traces::Traces;

use std::fmt;
use std::io::{IsTerminal, stderr};

use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Log, LogFormat, Settings};

/// The metrics, traces and log filter of a process. Cheap to clone; the default records nothing.
#[derive(Clone, Default)]
pub struct Telemetry {
    /// Metrics.
    pub metrics: Metrics,
    /// Traces.
    pub traces: Traces,
    /// The log filter, if this process logs.
    pub filter: Option<LogFilter>,
}

impl Telemetry {
    /// Starts according to the settings; `service` is the service name in traces. There are no
    /// metrics without a monitoring server.
    pub fn start(
        settings: &Settings,
        logging: Option<&Logging>,
        service: &'static str,
    ) -> anyhow::Result<Self> {
        let dropped = logging.map(|logging| logging.flush.dropped());
        let metrics = if settings.monitoring.listen.is_empty() {
            Metrics::default()
        } else {
            Metrics::new(dropped)?
        };
        Ok(Self {
            metrics,
            traces: Traces::start(&settings.traces, service)?,
            filter: logging.map(|logging| logging.filter.clone()),
        })
    }
}

/// The log of this process. Buffered lines are written on drop.
pub struct Logging {
    flush: writer::Flush,
    filter: LogFilter,
}

/// Initialises logging for this process. Must be called once.
pub fn init(settings: &Log) -> anyhow::Result<Logging> {
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
    // The two builders have different types.
    macro_rules! start {
        ($builder:expr) => {{
            let builder = $builder.with_filter_reloading();
            let filter = LogFilter::new(&settings.filter, builder.reload_handle());
            builder.finish().try_init()?;
            filter
        }};
    }
    let filter = if json {
        start!(builder.event_format(Json).fmt_fields(JsonFields::new()))
    } else {
        start!(
            builder
                .with_ansi(stderr().is_terminal())
                .map_event_format(Text)
        )
    };
    Ok(Logging { flush, filter })
}

/// Text lines that start with the id of their request.
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
        let mut written = Ok(());
        request_scope::describe(|request, _, _| {
            if let Some(id) = request {
                written = write!(line, "{id} ");
            }
        });
        written?;
        self.0.format_event(context, line, event)
    }
}
