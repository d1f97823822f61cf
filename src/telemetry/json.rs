//! Log lines as JSON objects.
//!
//! One is written for every request, so this writes directly to the line, without intermediate
//! values, spans or formatters. tracing-subscriber's own JSON format can take request ids only from
//! spans.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::request_scope;
use super::timestamp;
use super::traces::TraceContext;

const ORDER_ID: &str = "order.id";

/// Nearly every line fits in this many bytes.
const USUAL_LENGTH: usize = 512;

/// Writes `timestamp`, `level`, the event's fields, those of its request scope (`request.id`,
/// `trace.id`, `order.id`), `target`, and `span` if there is one.
pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(USUAL_LENGTH);
        line.push_str("{\"timestamp\":\"");
        timestamp::push_now(&mut line);
        let metadata = event.metadata();
        line.push_str("\",\"level\":\"");
        line.push_str(metadata.level().as_str());
        line.push('"');
        let mut fields = Fields {
            line: &mut line,
            has_order: false,
        };
        event.record(&mut fields);
        let has_order = fields.has_order;
        request_scope::describe(|request, trace, order| {
            scope_fields(
                &mut line,
                request,
                trace,
                order.filter(|_| !has_order).map(i64::from),
            );
        });
        member(&mut line, "target", metadata.target());
        if let Some(span) = context.lookup_current() {
            line.push_str(",\"span\":{\"name\":");
            text(&mut line, span.name());
            // `JsonFields` formatted it as an object when the span began.
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && let Some(members) = fields.fields.strip_prefix('{')
                && members != "}"
            {
                line.push(',');
                line.push_str(members);
            } else {
                line.push('}');
            }
        }
        line.push_str("}\n");
        out.write_str(&line)
    }
}

fn scope_fields(
    line: &mut String,
    request: Option<&str>,
    trace: Option<TraceContext>,
    order: Option<i64>,
) {
    if let Some(id) = request {
        member(line, "request.id", id);
    }
    if let Some(trace) = trace {
        // Writing to a string cannot fail.
        let _ = write!(line, ",\"trace.id\":\"{}\"", trace.trace_id);
    }
    if let Some(order) = order {
        name(line, ORDER_ID);
        line.push_str(itoa::Buffer::new().format(order));
    }
}

/// Writes the fields of an event as members of the object.
struct Fields<'a> {
    line: &'a mut String,
    /// Whether the event itself has the field `order.id`.
    has_order: bool,
}

impl Fields<'_> {
    fn plain(&mut self, field: &Field, value: &str) {
        self.has_order |= field.name() == ORDER_ID;
        name(self.line, field.name());
        self.line.push_str(value);
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, zmij::Buffer::new().format_finite(value));
        } else {
            self.record_str(field, &value.to_string());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, itoa::Buffer::new().format(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, itoa::Buffer::new().format(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, if value { "true" } else { "false" });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        member(self.line, field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        name(self.line, field.name());
        self.line.push('"');
        // Writing to a string cannot fail.
        let _ = write!(Escape(self.line), "{value:?}");
        self.line.push('"');
    }
}

fn member(line: &mut String, key: &str, value: &str) {
    name(line, key);
    text(line, value);
}

/// The name of a member, which is a field of the program's own.
fn name(line: &mut String, key: &str) {
    line.push_str(",\"");
    line.push_str(key);
    line.push_str("\":");
}

fn text(line: &mut String, value: &str) {
    line.push('"');
    escaped(line, value);
    line.push('"');
}

/// The text of a string, without its quotation marks.
fn escaped(line: &mut String, value: &str) {
    let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    // Does not stop at the first special byte, so that the compiler can vectorise the loop.
    let is_plain = !value
        .bytes()
        .fold(false, |found, byte| found | special(byte));
    if is_plain {
        line.push_str(value);
    } else {
        let quoted = serde_json::Value::from(value).to_string();
        line.push_str(&quoted[1..quoted.len() - 1]);
    }
}

/// Writes the text of a string piece by piece.
struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        escaped(self.0, piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::fmt::format::JsonFields;

    use super::*;
    use crate::domain::OrderId;
    use crate::telemetry::request_scope::RequestScope;
    use crate::telemetry::traces::Traces;

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
    fn values_of_every_type_are_logged() {
        let before = chrono::Utc::now();
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
                newline = "a\nb",
                backslash = "a\\b",
                control = "a\u{1}b",
                plain = "ü\u{2028}",
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
        assert_eq!(line["newline"], "a\nb");
        assert_eq!(line["backslash"], "a\\b");
        assert_eq!(line["control"], "a\u{1}b");
        assert_eq!(line["plain"], "ü\u{2028}");
        assert!(line["target"].as_str().unwrap().contains("json"));
        let time = line["timestamp"].as_str().unwrap();
        let time = chrono::DateTime::parse_from_rfc3339(time).unwrap().to_utc();
        // The timestamp is truncated to microseconds.
        assert!(
            before - chrono::TimeDelta::microseconds(1) <= time,
            "{time}"
        );
        assert!(time <= chrono::Utc::now(), "{time}");
    }

    #[test]
    fn spans_requests_traces_and_orders_are_logged() {
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
            let request = RequestScope::request("a-b".into(), trace, &Traces::default());
            runtime.block_on(request.run(async {
                tracing::warn!("in");
                request_scope::set_order(OrderId(7));
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
