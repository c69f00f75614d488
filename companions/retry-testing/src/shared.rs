//! The state of one scope, which its guard, its calls and its wrapped tasks share.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::exploring::Exploring;
use super::log::{Effects, Logs};
use super::rule::Rules;
use super::time::Time;
use super::twins::Twins;
use retry_runtime::control::{Pool, intercept, lock};
use retry_runtime::{Jitter, Policy};

/// The current scope, and the wrapped task that runs in it.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    pub(crate) shared: Arc<Shared>,
    pub(crate) task: Option<u64>,
}

/// The state of a scope.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) time: Time,
    pub(super) opened: &'static Location<'static>,
    open: AtomicBool,
    used: AtomicBool,
    pub(super) settings: Mutex<Settings>,
    pub(super) logs: Mutex<Logs>,
    pub(super) rules: Mutex<Rules>,
    pub(super) effects: Mutex<Effects>,
    pub(super) exploring: Mutex<Option<Exploring>>,
    pub(super) twins: Mutex<Twins>,
    /// The first misuse of the scope that a call found.
    mistake: Mutex<Option<String>>,
}

/// The settings that the guard's methods change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) jitter: bool,
    pub(super) budget: bool,
    pub(super) at_most: Option<u32>,
}

impl Shared {
    pub(super) fn new(opened: &'static Location<'static>) -> Self {
        let settings = Settings { seed: 0, jitter: true, budget: true, at_most: None };
        Shared {
            time: Time::new(),
            opened,
            open: AtomicBool::new(true),
            used: AtomicBool::new(false),
            settings: Mutex::new(settings),
            logs: Mutex::default(),
            rules: Mutex::default(),
            effects: Mutex::default(),
            exploring: Mutex::default(),
            twins: Mutex::default(),
            mistake: Mutex::default(),
        }
    }

    pub(super) fn use_it(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    pub(super) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
        self.time.wake_all();
    }

    /// # Panics
    ///
    /// If the scope has ended.
    pub(crate) fn check_open(&self, what: &str) {
        if !self.open.load(Ordering::Acquire) {
            panic!(
                "{what} in a testing scope that has ended (opened at {}); keep the guard alive until its \
                 wrapped tasks and threads are joined",
                self.opened
            );
        }
    }

    /// Panics with this message, and stores it for the end of the scope: nobody may look at the panic of this thread or
    /// task.
    pub(super) fn mistaken(&self, message: String) -> ! {
        lock(&self.mistake).get_or_insert_with(|| message.clone());
        panic!("{message}");
    }

    pub(super) fn mistake(&self) -> Option<String> {
        lock(&self.mistake).take()
    }

    /// The policy of a call in this scope; `None` if the scope does not change it.
    pub(super) fn policy(&self, policy: &Policy) -> Option<&'static Policy> {
        // A call may use its policy for any time.
        static POLICIES: Pool<Policy> = Pool::new();
        let Settings { jitter, at_most, .. } = *lock(&self.settings);
        let limit = at_most.filter(|most| policy.limit().is_none_or(|limit| limit > *most));
        if jitter && limit.is_none() {
            return None;
        }
        let mut changed = *policy;
        if !jitter {
            changed = changed.jitter(Jitter::None);
        }
        if let Some(limit) = limit {
            changed = changed.attempts(limit);
        }
        Some(POLICIES.keep(changed))
    }
}

/// The current scope, if there is one.
pub(crate) fn here() -> Option<Within> {
    intercept::here()?.as_any().downcast_ref::<Within>().cloned()
}
