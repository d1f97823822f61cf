//! Log lines as JSON objects.
//!
//! One is written for every request, so this writes straight into the line: no tree of values, no
//! span with formatted fields of its own.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::traces::TraceContext;
use super::work;

const ORDER_ID: &str = "order.id";

/// `timestamp`, `level`, the event's own fields, what is known of the work that it is part of
/// (`request.id`, `trace.id`, `order.id`), `target`, and `span` inside of one.
pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        let metadata = event.metadata();
        write!(line, "\",\"level\":\"{}\"", metadata.level())?;
        let mut fields = Fields {
            line: &mut line,
            result: Ok(()),
            named_order: false,
        };
        event.record(&mut fields);
        fields.result?;
        let named_order = fields.named_order;
        let mut written = Ok(());
        work::show(|request, trace, order| {
            written = belonging(&mut line, request, trace, order.filter(|_| !named_order));
        });
        written?;
        member(&mut line, "target", metadata.target())?;
        if let Some(span) = context.lookup_current() {
            line.write_str(",\"span\":{\"name\":")?;
            text(&mut line, span.name())?;
            // Written by `JsonFields` when the span began: an object of its own.
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && let Some(members) = fields.fields.strip_prefix('{')
                && members != "}"
            {
                line.write_char(',')?;
                line.write_str(members)?;
            } else {
                line.write_char('}')?;
            }
        }
        line.write_str("}\n")
    }
}

/// What the work is, as members.
fn belonging(
    line: &mut Writer<'_>,
    request: Option<&str>,
    trace: Option<TraceContext>,
    order: Option<i64>,
) -> fmt::Result {
    if let Some(id) = request {
        member(line, "request.id", id)?;
    }
    if let Some(trace) = trace {
        write!(line, ",\"trace.id\":\"{}\"", trace.trace_id)?;
    }
    if let Some(order) = order {
        name(line, ORDER_ID)?;
        write!(line, "{order}")?;
    }
    Ok(())
}

/// Writes the fields of an event as members.
struct Fields<'a, 'w> {
    line: &'a mut Writer<'w>,
    result: fmt::Result,
    /// Whether the event itself says which order it is about.
    named_order: bool,
}

impl Fields<'_, '_> {
    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.named_order |= field.name() == ORDER_ID;
        let line = &mut *self.line;
        self.result = self
            .result
            .and_then(|()| name(line, field.name()))
            .and_then(|()| write!(line, "{value}"));
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => self.plain(field, value),
            false => self.record_str(field, &value.to_string()),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let line = &mut *self.line;
        self.result = self.result.and_then(|()| member(line, field.name(), value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn member(line: &mut Writer<'_>, key: &str, value: &str) -> fmt::Result {
    name(line, key)?;
    text(line, value)
}

fn name(line: &mut Writer<'_>, key: &str) -> fmt::Result {
    line.write_char(',')?;
    text(line, key)?;
    line.write_char(':')
}

fn text(line: &mut Writer<'_>, value: &str) -> fmt::Result {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if value.bytes().all(plain) {
        line.write_char('"')?;
        line.write_str(value)?;
        return line.write_char('"');
    }
    let escaped = serde_json::to_string(value).map_err(|_| fmt::Error)?;
    line.write_str(&escaped)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::fmt::format::JsonFields;

    use super::*;
    use crate::telemetry::traces::Traces;
    use crate::telemetry::work::Work;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(Json)
            .fmt_fields(JsonFields::new())
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = lines.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let parsed = text.lines().map(|line| serde_json::from_str(line).unwrap());
        parsed.collect()
    }

    #[test]
    fn every_kind_of_value_arrives() {
        let lines = logged(|| {
            tracing::info!(
                count = 3_u64,
                below = -3_i64,
                part = 0.5,
                none = f64::NAN,
                yes = true,
                order.id = 7,
                debug = ?Some("a\"b"),
                hostile = "\"},\n{\u{1}\\",
                "said \"{}\"", "so"
            );
        });
        let line = &lines[0];
        assert_eq!(lines.len(), 1);
        assert_eq!(line["message"], "said \"so\"");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["count"], 3);
        assert_eq!(line["below"], -3);
        assert_eq!(line["part"].to_string(), "0.5");
        assert_eq!(line["none"], "NaN");
        assert_eq!(line["yes"], true);
        assert_eq!(line["order.id"], 7);
        assert_eq!(line["debug"], "Some(\"a\\\"b\")");
        assert_eq!(line["hostile"], "\"},\n{\u{1}\\");
        assert!(line["target"].as_str().unwrap().contains("json"));
        let time = line["timestamp"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
    }

    #[test]
    fn spans_and_requests_are_named() {
        let lines = logged(|| {
            let span = tracing::info_span!("activity", order.id = 7);
            let _entered = span.enter();
            tracing::info!("inside");
            let bare = tracing::info_span!("bare");
            let _entered = bare.enter();
            tracing::info!("deeper");
        });
        assert_eq!(lines[0]["span"]["name"], "activity");
        assert_eq!(lines[0]["span"]["order.id"], 7);
        assert_eq!(lines[1]["span"]["name"], "bare");
        let lines = logged(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
            let trace = TraceContext::parse(trace);
            let request = Work::request("a-b".into(), trace, &Traces::default());
            runtime.block_on(work::scope(request, async {
                tracing::warn!("in");
                work::concerns(7);
                tracing::warn!("of an order");
                tracing::warn!(order.id = 8, "of another");
            }));
            tracing::warn!("out");
        });
        assert_eq!(lines[0]["request.id"], "a-b");
        assert_eq!(lines[0]["trace.id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(lines[0].get("order.id"), None);
        assert_eq!(lines[1]["order.id"], 7);
        assert_eq!(lines[2]["order.id"], 8);
        assert_eq!(lines[3].get("request.id"), None);
        assert_eq!(lines[3].get("trace.id"), None);
    }
}
