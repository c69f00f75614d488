//! What the guard, the calls and the wrapped tasks of one scope share.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::effect::Effects;
use super::exploring::Exploring;
use super::log::Logs;
use super::rule::Rules;
use super::time::Time;
use super::twins::Twins;
use crate::base::rng::Rng;
use crate::call::intercept::{Able, Plan};
use crate::policy::Policy;
use crate::policy::jitter::Jitter;
use crate::report::reason::StopReason;
use crate::report::record::Report;
use crate::site::Site;

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

    /// A call starts.
    pub(crate) fn note_call(&self, site: Option<&'static Site>) -> u64 {
        let name = site.map_or("", Site::name);
        self.check_open(&format!("a call of `{name}` starts"));
        self.use_it();
        lock(&self.logs).of(name).begin()
    }

    /// The policy that the call has in this scope.
    pub(crate) fn policy(&self, policy: &Policy) -> Option<&'static Policy> {
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

    /// The generator of this call of the function, counted from 1.
    pub(crate) fn rng(&self, site: Option<&'static Site>, call: u64) -> Rng {
        let seed = lock(&self.settings).seed;
        Rng::seeded(mixed(seed, site.map_or("", Site::name), call))
    }

    pub(crate) fn note_attempt(&self, site: Option<&'static Site>) {
        lock(&self.logs).of(site.map_or("", Site::name)).attempts += 1;
    }

    pub(crate) fn note_delay(&self, site: Option<&'static Site>, delay: std::time::Duration) {
        lock(&self.logs).of(site.map_or("", Site::name)).delays.push(delay);
    }

    /// The delay that was noted last is not slept after all.
    pub(crate) fn forget_delay(&self, site: Option<&'static Site>) {
        lock(&self.logs).of(site.map_or("", Site::name)).delays.pop();
    }

    /// A call has ended.
    pub(crate) fn note_end(&self, report: &Report, injected: &[(u32, Arc<str>)]) {
        lock(&self.logs).of(report.name).ended(report.clone(), injected.to_vec());
        if report.reason == StopReason::Success {
            lock(&self.rules).succeeded(report.name);
        }
    }

    /// What happens to the attempt that starts now.
    pub(crate) fn plan(&self, site: &'static Site, attempt: u32, able: &Able) -> Option<Plan> {
        if let Some(exploring) = &mut *lock(&self.exploring) {
            return exploring.plan(site, attempt, able);
        }
        let seed = lock(&self.settings).seed;
        let found = lock(&self.rules).plan(site, attempt, able, seed);
        found.unwrap_or_else(|mistake| self.mistaken(mistake))
    }
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
