//! A `tracing` subscriber that records the events and spans of one thread.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{self, DefaultGuard};
use tracing::{Event, Metadata, Subscriber};

/// Records each event as its level and the listed fields, and the start and end of spans.
#[derive(Clone)]
pub(crate) struct Capture {
    fields: &'static [&'static str],
    lines: Arc<Mutex<Vec<String>>>,
}

struct Line {
    fields: &'static [&'static str],
    values: Vec<String>,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if let Some(index) = self.fields.iter().position(|name| *name == field.name()) {
            self.values[index] = format!("{value:?}");
        }
    }
}

impl Capture {
    pub(crate) fn new(fields: &'static [&'static str]) -> Self {
        Capture { fields, lines: Arc::default() }
    }

    /// Records what this thread logs until the guard is dropped.
    pub(crate) fn listen(&self) -> DefaultGuard {
        // With a single subscriber, `tracing` caches the interest of whichever thread asks first, and that may be
        // another test's thread.
        let _ = subscriber::set_global_default(Capture::new(&[]));
        subscriber::set_default(self.clone())
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }

    fn push(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

impl Subscriber for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.push(format!("span {}", span.metadata().name()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line { fields: self.fields, values: vec![String::new(); self.fields.len()] };
        event.record(&mut line);
        self.push(format!("{} {}", event.metadata().level(), line.values.join(" ")));
    }

    fn enter(&self, _: &Id) {
        self.push(">".to_owned());
    }

    fn exit(&self, _: &Id) {
        self.push("<".to_owned());
    }
}
