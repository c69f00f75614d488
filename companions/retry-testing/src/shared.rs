//! What the guard, the calls and the wrapped tasks of one scope share.

use std::any::Any;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::effect::Effects;
use super::exploring::Exploring;
use super::log::Logs;
use super::rule::Rules;
use super::time::Time;
use super::twins::Twins;
use retry_runtime::Jitter;
use retry_runtime::Policy;
use retry_runtime::Site;
use retry_runtime::StopReason;
use retry_runtime::breaker::{Breaker, Keyed};
use retry_runtime::budget::Budget;
use retry_runtime::control::intercept::{self, Begun, Can, Fault, Intercept, Note, Passage, Wait};
use retry_runtime::timer::Sleep;

/// A scope, and the wrapped task of it that runs here.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    pub(crate) shared: Arc<Shared>,
    pub(crate) task: Option<u64>,
}

/// A scope.
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
    /// The first mistake that a call has found in how the scope is used.
    mistake: Mutex<Option<String>>,
}

/// What the guard's methods set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) jitter: bool,
    pub(super) budget: bool,
    pub(super) at_most: Option<u32>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// When the scope has ended.
    pub(crate) fn check_open(&self, what: &str) {
        if !self.open.load(Ordering::Acquire) {
            panic!(
                "{what} in a testing scope that has ended (opened at {}); keep the guard alive until its \
                 wrapped tasks and threads are joined",
                self.opened
            );
        }
    }

    /// Fails the test here, and once more at the end of the scope if nobody looks at what this thread or task
    /// has panicked with.
    pub(super) fn mistaken(&self, message: String) -> ! {
        lock(&self.mistake).get_or_insert_with(|| message.clone());
        panic!("{message}");
    }

    pub(super) fn mistake(&self) -> Option<String> {
        lock(&self.mistake).take()
    }

    /// The policy that a call has in this scope, where the scope changes it.
    fn policy(&self, policy: &Policy) -> Option<&'static Policy> {
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
        Some(interned(changed))
    }
}

/// The name of a call's function; empty for a call of a policy alone.
fn name(site: Option<&'static Site>) -> &'static str {
    site.map_or("", Site::name)
}

impl Intercept for Within {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn now(&self) -> Option<Instant> {
        Some(self.shared.time.now())
    }

    fn begin(&self, site: Option<&'static Site>, policy: &Policy) -> Begun {
        let (shared, name) = (&self.shared, name(site));
        shared.check_open(&format!("a call of `{name}` starts"));
        shared.use_it();
        let number = lock(&shared.logs).of(name).begin();
        let seed = mixed(lock(&shared.settings).seed, name, number);
        Begun { number, policy: shared.policy(policy), seed: Some(seed), watched: true }
    }

    fn note(&self, call: &Passage, note: Note<'_>) {
        let (shared, name) = (&self.shared, name(call.site));
        lock(&shared.logs).of(name).note(call.number, note);
        if let Note::End(report) = note {
            if report.reason == StopReason::Success {
                lock(&shared.rules).succeeded(name);
            }
        }
    }

    fn fault(&self, call: &Passage, attempt: u32, can: &Can) -> Option<Fault> {
        let (shared, site) = (&self.shared, call.site?);
        if let Some(exploring) = &mut *lock(&shared.exploring) {
            let fault = exploring.plan(site, attempt, can)?;
            lock(&shared.logs).of(site.name()).injected(call.number, attempt, "explored");
            return Some(fault);
        }
        let seed = lock(&shared.settings).seed;
        let found = lock(&shared.rules).plan(site, attempt, can, seed);
        let (fault, words) = found.unwrap_or_else(|mistake| shared.mistaken(mistake))?;
        lock(&shared.logs).of(site.name()).injected(call.number, attempt, words);
        Some(fault)
    }

    fn sleep(&self, wait: Wait<'_>) -> Option<Sleep> {
        Some(Box::pin(Within::sleep(self, wait)?))
    }

    fn block(&self, duration: Duration, cancelled: &mut dyn FnMut() -> bool) -> bool {
        Within::block(self, duration, cancelled);
        true
    }

    fn budget(&self, own: &'static Budget) -> Option<&'static Budget> {
        self.shared.budget(own)
    }

    fn breaker(&self, own: &'static Breaker) -> &'static Breaker {
        self.shared.breaker(own)
    }

    fn keyed_breaker(&self, own: &'static Keyed<String>, key: &str) -> Arc<Breaker> {
        self.shared.keyed_breaker(own, key)
    }
}

/// The scope here, if there is one.
pub(crate) fn here() -> Option<Within> {
    intercept::here()?.as_any().downcast_ref::<Within>().cloned()
}

/// A number for this call of this function.
pub(super) fn mixed(seed: u64, name: &str, call: u64) -> u64 {
    // FNV-1a (Fowler, Noll, Vo), 64 bits.
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = name.bytes().chain(call.to_le_bytes()).chain(seed.to_le_bytes());
    bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The policy, kept for the process's life: a call may use it for as long as it likes. There are as many as
/// tests set different ones.
fn interned(policy: Policy) -> &'static Policy {
    static POLICIES: Mutex<Vec<&'static Policy>> = Mutex::new(Vec::new());
    let mut policies = lock(&POLICIES);
    if let Some(known) = policies.iter().find(|known| ***known == policy) {
        return known;
    }
    let kept: &'static Policy = Box::leak(Box::new(policy));
    policies.push(kept);
    kept
}
