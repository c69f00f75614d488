//! The flags that a call reads when it starts: whether anything besides the attribute affects its function.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use super::function::{NOBODY, Site};
use super::registry;
use crate::base::clock::{self, Moment};
use crate::base::counters;
use crate::base::sync::unpoisoned;
use crate::event;
use crate::policy::Policy;

/// The function has not been called yet.
const NEW: u8 = 1;
/// The policy needs to know when a call started, for a limit that ends no attempt.
const CLOCKED: u8 = 2;
/// A configuration has changed something.
const CONFIGURED: u8 = 4;
/// Events have listeners.
const OBSERVED: u8 = 8;
/// The attribute measures the attempts.
const MEASURED: u8 = 32;
/// `tracing` did not get some events, and their number is to be told.
const UNTOLD: u8 = 16;

/// The flags of a function: 0 when nothing besides the attribute affects it.
#[derive(Debug)]
pub(super) struct Flags {
    byte: AtomicU8,
    /// The site's number, from 1; 0 as long as it has none.
    index: AtomicU32,
    /// The number as long as the byte is 0, `u32::MAX` otherwise.
    gate: AtomicU32,
}

static REFRESHING: Mutex<()> = Mutex::new(());

impl Flags {
    #[inline]
    pub(super) const fn of(policy: &Policy, measured: bool) -> Self {
        let clocked = if policy.has_open_limits() { CLOCKED } else { 0 };
        let byte = NEW | clocked | if measured { MEASURED } else { 0 };
        Flags {
            byte: AtomicU8::new(byte),
            index: AtomicU32::new(0),
            gate: AtomicU32::new(u32::MAX),
        }
    }

    fn set(&self, flag: u8, on: bool) {
        if on {
            self.byte.fetch_or(flag, Ordering::Relaxed);
        } else {
            self.byte.fetch_and(!flag, Ordering::Relaxed);
        }
    }
}

impl Site {
    /// Whether a call has nothing to prepare: nothing is special about the function, nothing holds on this
    /// thread, and it has a counter here.
    #[inline(always)]
    pub(crate) fn is_quiet(&self) -> bool {
        counters::is_ready(self.flags.gate.load(Ordering::Acquire))
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.flags.byte.load(Ordering::Relaxed) & CONFIGURED != 0
    }

    /// Whether nothing besides the attribute affects the function.
    #[inline]
    pub(crate) fn is_as_written(&self) -> bool {
        self.flags.byte.load(Ordering::Acquire) == 0
    }

    /// Whether a configuration is all that is special about the function.
    #[inline]
    pub(crate) fn is_merely_configured(&self) -> bool {
        self.flags.byte.load(Ordering::Acquire) == CONFIGURED
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.flags.byte.load(Ordering::Relaxed) & OBSERVED != 0
    }

    /// Whether `tracing` did not get some events, and their number is to be told.
    pub(super) fn has_untold(&self) -> bool {
        self.flags.byte.load(Ordering::Relaxed) & UNTOLD != 0
    }

    /// Makes calls that start look for untold events if `are_untold`, which is asked under a lock.
    pub(super) fn expect_untold(&self, are_untold: impl FnOnce() -> bool) {
        exclusively(|| {
            self.flags.set(UNTOLD, are_untold());
            self.set_gate();
        });
    }

    /// The number of a site that has been called.
    #[inline(always)]
    pub(crate) fn number(&self) -> u32 {
        self.flags.index.load(Ordering::Relaxed)
    }

    /// The site's number, given now if it has none.
    #[inline]
    pub(crate) fn index(&'static self) -> u32 {
        match self.flags.index.load(Ordering::Acquire) {
            0 => self.first_index(),
            index => index,
        }
    }

    #[cold]
    fn first_index(&'static self) -> u32 {
        let (index, fresh) = (&self.flags.index, counters::fresh_number());
        match index.compare_exchange(0, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => fresh,
            Err(given) => {
                // Another thread was faster.
                counters::give_back(fresh);
                given
            }
        }
    }

    /// The work of the first call: gives the site a number, sets its flags, and lists it if the linker has not.
    #[cold]
    pub(crate) fn enrol(&'static self) {
        if self.flags.byte.load(Ordering::Acquire) & NEW == 0 {
            return;
        }
        self.called_since.get_or_init(|| Moment::of(clock::real_now()));
        self.index();
        event::on_change(refresh);
        // Listed first: a change that comes now finds it.
        if self.is_listed() && self.meta.whole.is_none() {
            registry::list(self);
        }
        let first = exclusively(|| {
            self.look();
            // Last: a thread that finds `NEW` cleared relies on the other flags.
            let first = self.flags.byte.fetch_and(!NEW, Ordering::Release) & NEW != 0;
            self.set_gate();
            first
        });
        if first {
            registry::warn_of_twins(self);
        }
    }

    fn refresh(&'static self) {
        exclusively(|| {
            self.look();
            self.set_gate();
        });
    }

    /// A configuration is about to change something: calls that start now ask which one holds.
    #[inline]
    pub(super) fn expect_configuration(&self) {
        self.flags.set(CONFIGURED, true);
        self.set_gate();
        self.parts().into_iter().for_each(Site::expect_configuration);
    }

    fn look(&'static self) {
        let number = self.whole().number();
        self.flags.set(CONFIGURED, super::applied::effective(number).is_some());
        self.flags.set(OBSERVED, event::wants_routine());
    }

    fn set_gate(&self) {
        let plain = self.flags.byte.load(Ordering::Relaxed) == 0;
        // A thread that sees the gate open sees the number, too.
        self.flags.gate.store(if plain { self.number() } else { u32::MAX }, Ordering::Release);
    }
}

/// Sets flags under a lock: of two changes the later one wins.
pub(super) fn exclusively<T>(work: impl FnOnce() -> T) -> T {
    let _one_at_a_time = unpoisoned(REFRESHING.lock());
    work()
}

/// Sets the flags of all sites anew, after a configuration or the listeners have changed.
pub(crate) fn refresh() {
    registry::sites().chain([&NOBODY]).for_each(|site| {
        site.index();
        site.refresh();
        site.parts().into_iter().for_each(Site::refresh);
    });
}
