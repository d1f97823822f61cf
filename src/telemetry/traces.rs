//! Traces of requests and of their orders' workflows, exported to a collector with OTLP.
//!
//! Unsampled requests have no span; only their `traceparent` is propagated.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData,
    SpanExporter,
};

use crate::config;

/// The time limit for exporting a batch to the collector.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for exporting the last spans at shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// A `traceparent` (W3C Trace Context, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The id of the trace.
    pub trace_id: TraceId,
    /// The id of the span.
    pub span_id: SpanId,
    /// Whether the trace is recorded.
    pub sampled: bool,
}

impl TraceContext {
    /// Parses a `traceparent`; `None` if it is malformed. In later versions only the known parts
    /// are read.
    pub fn parse(text: &str) -> Option<Self> {
        let lower_hex = |part: &str| {
            part.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let mut parts = text.splitn(5, '-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let more = parts.next().is_some();
        let lengths = (version.len(), trace.len(), span.len(), flags.len());
        let well_formed = lengths == (2, 32, 16, 2)
            && [version, trace, span, flags].into_iter().all(lower_hex)
            && version != "ff"
            && (version != "00" || !more);
        if !well_formed {
            return None;
        }
        let trace_id = TraceId::from_hex(trace).ok()?;
        let span_id = SpanId::from_hex(span).ok()?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        (trace_id != TraceId::INVALID && span_id != SpanId::INVALID).then_some(Self {
            trace_id,
            span_id,
            sampled: flags & 1 == 1,
        })
    }
}

/// Formats it as a `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(
            formatter,
            "00-{}-{}-{flags:02x}",
            self.trace_id, self.span_id
        )
    }
}

/// Creates spans and exports them. Cheap to clone; the default creates none.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Exporting>>);

struct Exporting {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    ratio: f64,
}

impl Traces {
    /// Exports to the collector in the settings, with this service name; without a collector there are no
    /// spans. An unavailable collector is not an error. Must be called on the runtime that outlives all
    /// others.
    pub fn start(settings: &config::Traces, service: &'static str) -> anyhow::Result<Self> {
        if settings.endpoint.is_empty() {
            return Ok(Self::default());
        }
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&settings.endpoint)
            .with_timeout(EXPORT_TIMEOUT);
        if settings.endpoint.starts_with("https:") {
            exporter = exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
        }
        let exporter = Tolerant {
            exporter: exporter.build().context("traces.endpoint")?,
            unavailable: AtomicBool::new(false),
        };
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(settings.max_waiting)
            .build();
        let processor = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            // Sampling is decided before a span is created.
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource)
            .with_span_processor(processor)
            .build();
        Ok(Self(Some(Arc::new(Exporting {
            tracer: provider.tracer("order-processing"),
            provider,
            ratio: settings.sample_ratio,
        }))))
    }

    /// The span of a request with this trace context, if any. `None` if it is not sampled: the
    /// sender decides, otherwise the ratio in the settings.
    pub fn request(&self, given: Option<TraceContext>) -> Option<Span> {
        let exporting = self.0.as_ref()?;
        match given {
            Some(given) => self.span("request", SpanKind::Server, given),
            None if exporting.ratio > 0.0 && rand::random_bool(exporting.ratio) => {
                Some(exporting.start("request".into(), SpanKind::Server, &Context::new()))
            }
            None => None,
        }
    }

    /// A child span of `parent`; `None` if `parent` is not sampled.
    pub fn span(
        &self,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        parent: TraceContext,
    ) -> Option<Span> {
        let exporting = self.0.as_ref().filter(|_| parent.sampled)?;
        let parent = SpanContext::new(
            parent.trace_id,
            parent.span_id,
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        );
        let context = Context::new().with_remote_span_context(parent);
        Some(exporting.start(name.into(), kind, &context))
    }

    /// Exports the last spans within `FLUSH_TIMEOUT`. Later spans are dropped.
    pub async fn finish(&self) {
        let Some(exporting) = self.0.clone() else {
            return;
        };
        let flushing = tokio::task::spawn_blocking(move || {
            exporting.provider.shutdown_with_timeout(FLUSH_TIMEOUT)
        });
        let flushed = flushing.await.map_err(anyhow::Error::from);
        if let Err(error) = flushed.and_then(|flushed| Ok(flushed?)) {
            tracing::warn!(error = %error, "could not export the last spans");
        }
    }
}

impl Exporting {
    fn start(&self, name: Cow<'static, str>, kind: SpanKind, parent: &Context) -> Span {
        let builder = self.tracer.span_builder(name).with_kind(kind);
        Span(Box::new(self.tracer.build_with_context(builder, parent)))
    }
}

/// A sampled span, which ends on drop. Boxed because it is large and rare, so that unsampled
/// requests do not move its size.
pub struct Span(Box<opentelemetry_sdk::trace::Span>);

impl Span {
    /// The trace context.
    pub fn context(&self) -> TraceContext {
        let context = self.0.span_context();
        TraceContext {
            trace_id: context.trace_id(),
            span_id: context.span_id(),
            sampled: true,
        }
    }

    /// Renames the span.
    pub fn rename(&mut self, name: String) {
        self.0.update_name(name);
    }

    /// Sets an attribute, named as in the semantic conventions if they define one.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    /// Marks the span as failed.
    pub fn fail(&mut self, why: impl Into<Cow<'static, str>>) {
        self.0.set_status(Status::error(why));
    }
}

/// Drops spans that the collector does not accept, and logs each outage once.
#[derive(Debug)]
struct Tolerant {
    exporter: opentelemetry_otlp::SpanExporter,
    unavailable: AtomicBool,
}

impl SpanExporter for Tolerant {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        match self.exporter.export(batch).await {
            Ok(()) => {
                if self.unavailable.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector of traces is available again");
                }
            }
            Err(error) => {
                if !self.unavailable.swap(true, Ordering::Relaxed) {
                    tracing::warn!(error = %error, "the collector of traces is unavailable; spans are dropped");
                }
            }
        }
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traceparents_are_parsed_and_formatted() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(text).unwrap();
        assert!(context.sampled);
        assert_eq!(context.to_string(), text);
        let unsampled = TraceContext::parse(&text.replace("-01", "-00")).unwrap();
        assert!(!unsampled.sampled);
        assert_eq!(unsampled.trace_id, context.trace_id);
        // Later versions may add parts and flags.
        let later = text.replacen("00", "cc", 1).replace("-01", "-03") + "-what-the-future-holds";
        assert_eq!(TraceContext::parse(&later), Some(context));
    }

    #[test]
    fn malformed_traceparents_are_ignored() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for text in [
            "",
            "-",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-ébf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            &format!("{good}-more"),
            &format!("{good} "),
            &good.to_uppercase(),
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }
}
