//! The exporters, and the instruments that events write to.

use std::error::Error;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use retry_runtime::events::{self, Event, ObserverGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::EVERY;

/// The exporters and the guards that have to live as long as the program.
pub(crate) struct Telemetry {
    meters: SdkMeterProvider,
    tracers: SdkTracerProvider,
    _metrics: ObserverGuard,
    _first_attempts: ObserverGuard,
}

impl Telemetry {
    /// Exports to the collector at `endpoint` from now on.
    pub(crate) fn install(endpoint: &str) -> Result<Self, Box<dyn Error>> {
        let spans = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .build()?;
        let tracers = SdkTracerProvider::builder().with_batch_exporter(spans).build();
        let metrics = MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("{endpoint}/v1/metrics"))
            .build()?;
        let reader = PeriodicReader::builder(metrics).with_interval(EVERY).build();
        let meters = SdkMeterProvider::builder().with_reader(reader).build();

        // Only the runtime's spans: the exporters log through `tracing`, too.
        let ours =
            tracing_subscriber::filter::filter_fn(|metadata| metadata.target() == "retry_runtime");
        let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("retry-runtime"));
        tracing_subscriber::registry()
            .with(tracing_subscriber::Layer::with_filter(layer, ours))
            .try_init()?;

        let instruments = Instruments::new(&meters.meter("retry-runtime"));
        Ok(Telemetry {
            meters,
            tracers,
            _metrics: events::observe(move |event| instruments.count(event)),
            _first_attempts: events::trace_attempts(),
        })
    }

    /// Sends what has not been sent. Blocks.
    pub(crate) fn flush(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.tracers.force_flush()?;
        self.meters.force_flush()?;
        Ok(())
    }
}

/// The instruments, by the names of `retry-metrics`.
struct Instruments {
    calls: Counter<u64>,
    attempts: Counter<u64>,
    delay: Histogram<f64>,
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        Instruments {
            calls: meter.u64_counter("retry.calls").with_unit("{call}").build(),
            attempts: meter.u64_counter("retry.attempts").with_unit("{attempt}").build(),
            delay: meter.f64_histogram("retry.delay").with_unit("s").build(),
        }
    }

    fn count(&self, event: &Event) {
        let site = |site: &'static str| KeyValue::new("retry.site", site);
        match event {
            Event::AttemptFinished(attempt) => {
                self.attempts.add(1, &[site(attempt.site)]);
            }
            Event::RetryScheduled(retry) => {
                self.delay.record(retry.delay.length.as_secs_f64(), &[site(retry.site)]);
            }
            Event::CallFinished(call) => {
                let reason = call.reason.name().replace([' ', '-'], "_");
                self.calls.add(1, &[site(call.site), KeyValue::new("retry.reason", reason)]);
            }
            _ => {}
        }
    }
}
