//! The code that is plugged in for the whole process. It behaves on every thread that plays no part.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::future::{pending, ready};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use metrics::{
    Counter, Gauge, Histogram, KeyName, Metadata as Metric, Recorder, SharedString, Unit,
};
use retry_runtime::control::intercept::{Begun, Can, Fault, Intercept, Note, Passage, Wait};
use retry_runtime::events::{self, Event, Events, ObserverGuard};
use retry_runtime::timer::{self, Clock, Sleep, Timer};
use retry_runtime::{Policy, Site, redact_errors_with};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};

use super::act::{Point, act};

struct PlaysSubscriber;

impl Subscriber for PlaysSubscriber {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        act(Point::Subscriber);
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        act(Point::Subscriber);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        // Events of calls and breakers have a `site` in place of a `name`.
        let is_warning = event.metadata().fields().field("name").is_some();
        act(if is_warning { Point::Warning } else { Point::Subscriber });
    }

    fn enter(&self, _: &Id) {
        act(Point::Subscriber);
    }

    fn exit(&self, _: &Id) {
        act(Point::Subscriber);
    }

    fn try_close(&self, _: Id) -> bool {
        act(Point::Subscriber);
        true
    }
}

struct PlaysRecorder;

impl Recorder for PlaysRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        act(Point::Recorder);
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        act(Point::Recorder);
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        act(Point::Recorder);
    }

    fn register_counter(&self, _: &metrics::Key, _: &Metric<'_>) -> Counter {
        act(Point::Recorder);
        Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &Metric<'_>) -> Gauge {
        act(Point::Recorder);
        Gauge::noop()
    }

    fn register_histogram(&self, _: &metrics::Key, _: &Metric<'_>) -> Histogram {
        act(Point::Recorder);
        Histogram::noop()
    }
}

thread_local! {
    static SLEEPS_FOR_EVER: Cell<bool> = const { Cell::new(false) };
}

/// Whether sleeps on this thread never end by themselves; otherwise they end at once.
pub(super) fn sleep_for_ever(on: bool) {
    SLEEPS_FOR_EVER.set(on);
}

struct PlaysTimer;

impl Clock for PlaysTimer {
    fn now(&self) -> Instant {
        act(Point::Clock);
        Instant::now()
    }

    fn wall(&self) -> std::time::SystemTime {
        act(Point::Clock);
        std::time::SystemTime::now()
    }
}

impl Timer for PlaysTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        act(Point::Timer);
        // Limits are long, and no test reaches one.
        let is_limit = duration > Duration::from_secs(60);
        if SLEEPS_FOR_EVER.get() || is_limit { Box::pin(pending()) } else { Box::pin(ready(())) }
    }

    fn block(&self, _: Duration, is_cancelled: &mut dyn FnMut() -> bool) {
        act(Point::Timer);
        is_cancelled();
    }
}

/// Acts in each of its methods, and changes nothing.
#[derive(Debug)]
pub(super) struct PlaysInterceptor;

impl Intercept for PlaysInterceptor {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn now(&self) -> Option<Instant> {
        act(Point::Interceptor);
        None
    }

    fn begin(&self, _: Option<&'static Site>, _: &Policy) -> Begun {
        act(Point::Interceptor);
        Begun::default()
    }

    fn note(&self, _: &Passage, _: Note<'_>) {
        act(Point::Interceptor);
    }

    fn fault(&self, _: &Passage, _: u32, _: &Can) -> Option<Fault> {
        act(Point::Interceptor);
        None
    }

    fn sleep(&self, _: Wait<'_>) -> Option<Sleep> {
        act(Point::Interceptor);
        None
    }

    fn block(&self, _: Duration, _: &mut dyn FnMut() -> bool) -> bool {
        act(Point::Interceptor);
        false
    }
}

/// Wakes a reader of the stream of events.
struct PlaysReader;

impl Wake for PlaysReader {
    fn wake(self: Arc<Self>) {
        act(Point::StreamReader);
    }
}

/// A reader that waits for the next event, and acts when it comes.
pub(super) fn waiting_reader() -> Events {
    let mut events = events::stream(16);
    let waker = Waker::from(Arc::new(PlaysReader));
    let mut next = std::pin::pin!(events.recv());
    let polled = next.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    events
}

/// Plugs everything in, once.
pub(super) fn plug_in() {
    static PLUGGED: OnceLock<[ObserverGuard; 3]> = OnceLock::new();
    PLUGGED.get_or_init(|| {
        tracing::subscriber::set_global_default(PlaysSubscriber).unwrap();
        metrics::set_global_recorder(PlaysRecorder).unwrap_or_else(|_| panic!("already set"));
        timer::install(&PlaysTimer).unwrap();
        redact_errors_with(|text| {
            act(Point::Redactor);
            Cow::Borrowed(text)
        });
        let all = events::observe(|_| act(Point::Observer));
        let breakers = events::observe(|event| {
            if matches!(event, Event::BreakerTransition(_) | Event::BreakerRejected(_)) {
                act(Point::BreakerObserver);
            }
        });
        [all, breakers, retry_metrics::record()]
    });
}
