//! What a process says of itself: logs (text for people in a terminal, JSON elsewhere, always on
//! stderr), metrics, and traces.

pub mod filter;
mod json;
pub mod metrics;
mod timestamp;
pub mod traces;
pub mod work;
mod writer;

pub use filter::Filter;
pub use json::Json;
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

/// What the parts of a process report to. Cheap to clone; the default keeps nothing.
#[derive(Clone, Default)]
pub struct Telemetry {
    /// Counts and times.
    pub metrics: Metrics,
    /// Spans.
    pub traces: Traces,
    /// What is logged, where this process logs.
    pub filter: Option<Filter>,
}

impl Telemetry {
    /// As the settings say, for a process that calls itself `service` in its traces. Without a page
    /// to show them on there are no metrics.
    ///
    /// # Errors
    /// When the settings make no exporter of traces.
    pub fn start(
        settings: &Settings,
        logging: Option<&Logging>,
        service: &'static str,
    ) -> anyhow::Result<Self> {
        let dropped = logging.map(|logging| logging.flush.dropped());
        let metrics = match settings.monitoring.listen.is_empty() {
            true => Metrics::default(),
            false => Metrics::new(dropped)?,
        };
        Ok(Self {
            metrics,
            traces: Traces::start(&settings.traces, service)?,
            filter: logging.map(|logging| logging.filter.clone()),
        })
    }
}

/// The log of this process. What is left is written when it is dropped.
pub struct Logging {
    flush: writer::Flush,
    filter: Filter,
}

/// Starts logging for this process.
///
/// # Errors
/// When it has been started before, or there is no thread for it.
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
    let filter = if json {
        let builder = builder
            .event_format(Json)
            .fmt_fields(JsonFields::new())
            .with_filter_reloading();
        let filter = Filter::new(&settings.filter, builder.reload_handle());
        builder.finish().try_init()?;
        filter
    } else {
        let builder = builder
            .with_ansi(stderr().is_terminal())
            .map_event_format(Text)
            .with_filter_reloading();
        let filter = Filter::new(&settings.filter, builder.reload_handle());
        builder.finish().try_init()?;
        filter
    };
    Ok(Logging { flush, filter })
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
        let mut written = Ok(());
        work::show(|request, _, _| {
            if let Some(id) = request {
                written = write!(line, "{id} ");
            }
        });
        written?;
        self.0.format_event(context, line, event)
    }
}
