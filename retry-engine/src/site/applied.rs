//! The settings that a configuration gives to annotated functions, and their replacement, for all functions at
//! once.
//!
//! One byte of its site tells a call whether there are any. If so, the call takes a reference here and keeps it
//! to its end: a change affects the calls that start later. Settings that were ever applied stay in memory,
//! equal ones once, so that no reference has to be counted.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::configuration::Choice;
use super::function::Site;
use crate::base::pool::Pool;
use crate::base::sync::lock;
use crate::breaker::{Breaker, BreakerSettings};
use crate::budget::Budget;
use crate::policy::Policy;
use crate::policy::fields::Fields;

/// The settings of a function that a configuration has changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effective {
    pub(crate) policy: Policy,
    /// The settings that are above those of the attribute, and above those that a call computes.
    pub(crate) above: Fields,
    /// `false`: one plain attempt, without a breaker and without a budget.
    pub(crate) enabled: bool,
    /// The budget: the attribute's, another one, or none.
    pub(crate) budget: Choice<&'static Budget>,
    /// The breaker, for a function that has one.
    pub(crate) breaker: Choice<&'static Breaker>,
    /// Whether every call is timed, also one that succeeds at once, and the durations of attempts are counted.
    pub(crate) measure: bool,
    /// Whether its attempts may suffer faults: the installed interceptor is asked.
    pub(crate) intercepted: bool,
}

impl PartialEq for Effective {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.policy == other.policy
            && self.above == other.above
            && self.enabled == other.enabled
            && self.budget.is(&other.budget)
            && self.breaker.is(&other.breaker)
            && self.measure == other.measure
            && self.intercepted == other.intercepted
    }
}

impl Hash for Effective {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.policy, self.enabled, self.measure, self.intercepted).hash(state);
        if let Choice::This(budget) = self.budget {
            std::ptr::from_ref(budget).hash(state);
        }
        if let Choice::This(breaker) = self.breaker {
            std::ptr::from_ref(breaker).hash(state);
        }
    }
}

/// The breaker of functions that are switched off: it admits everything and counts nothing.
static SWITCHED_OFF: OnceLock<Arc<Breaker>> = OnceLock::new();

pub(crate) fn switched_off() -> &'static Arc<Breaker> {
    SWITCHED_OFF.get_or_init(|| {
        let breaker = Breaker::new("switched off", BreakerSettings::new());
        breaker.disable();
        Arc::new(breaker)
    })
}

impl Effective {
    /// Settings of the attribute.
    #[inline]
    pub(super) fn of(site: &Site) -> Self {
        Effective {
            policy: *site.policy(),
            above: Fields::NONE,
            enabled: true,
            budget: Choice::AsWritten,
            breaker: Choice::AsWritten,
            measure: site.is_measured(),
            intercepted: false,
        }
    }

    /// Whether a first attempt under these settings needs no clock and no interceptor.
    pub(crate) fn is_quiet(&self) -> bool {
        !self.policy.is_timed() && !self.measure && !self.intercepted
    }

    /// Whether the function's breaker is not asked.
    pub(crate) fn has_no_breaker(&self) -> bool {
        !self.enabled || self.breaker.is(&Choice::None)
    }
}

/// The settings of a call, given those of a configuration, if there are any.
impl Site {
    #[inline]
    pub(crate) fn policy_under(&self, effective: Option<&'static Effective>) -> &Policy {
        effective.map_or_else(|| self.policy(), |effective| &effective.policy)
    }

    /// The budget that pays for retries.
    #[inline]
    pub(crate) fn budget_under(
        &'static self,
        effective: Option<&'static Effective>,
    ) -> Option<&'static Budget> {
        let Some(effective) = effective else { return self.budget_source().get() };
        match effective.budget {
            _ if !effective.enabled => None,
            Choice::AsWritten => self.budget_source().get(),
            Choice::None => None,
            Choice::This(budget) => Some(budget),
        }
    }

    /// The breaker, for a function that has one. Where the breaker is not asked, it is one that admits
    /// everything: generated code asks for a permit in any case.
    pub(crate) fn breaker_under(
        &'static self,
        effective: Option<&'static Effective>,
    ) -> Option<&'static Breaker> {
        let Some(effective) = effective else { return self.breaker_source().get() };
        match effective.breaker {
            _ if effective.has_no_breaker() => Some(switched_off()),
            Choice::This(breaker) => Some(breaker),
            Choice::AsWritten | Choice::None => self.breaker_source().get(),
        }
    }

    /// The policy that was given to a call, under a configuration and brought to the nearest valid one; `None` where that
    /// is the policy itself. A policy that is not valid is told once.
    #[cold]
    pub(crate) fn settled(
        &self,
        given: &Policy,
        effective: Option<&'static Effective>,
    ) -> Option<Policy> {
        let policy = match effective {
            None => *given,
            Some(effective) => {
                let computed = match self.meta.declared {
                    true => Fields::named(["policy"]),
                    false => Fields::named(self.per_call()),
                };
                let of_call = computed.without(effective.above);
                let policy = effective.policy.with(of_call, given);
                if effective.enabled { policy } else { policy.once() }
            }
        };
        let blocking = !self.is_async() && self.is_listed();
        let (policy, mistake) = policy.nearest_valid(blocking);
        if let Some(mistake) = &mistake {
            self.warn_of_policy(mistake);
        }
        (mistake.is_some() || effective.is_some()).then_some(policy)
    }

    // The settings of a call that starts now.

    #[inline]
    pub(crate) fn policy_now(&'static self) -> &'static Policy {
        self.policy_under(self.effective())
    }

    #[inline]
    pub(crate) fn budget_now(&'static self) -> Option<&'static Budget> {
        self.budget_under(self.effective())
    }

    /// The settings of the breaker that the calls ask, or of their breakers by key.
    #[inline]
    pub(crate) fn breaker_settings_now(&'static self) -> Option<BreakerSettings> {
        match self.effective() {
            Some(effective) if effective.has_no_breaker() => None,
            Some(Effective { breaker: Choice::This(breaker), .. }) => Some(*breaker.settings()),
            _ => self.breaker_source().settings_now(),
        }
    }
}

/// The present settings, by the number of their site.
type Table = &'static [Option<&'static Effective>];

static APPLIED: Mutex<Table> = Mutex::new(&[]);

/// Everything that was ever applied.
static KEPT: Pool<Effective> = Pool::new();
static TABLES: Pool<[Option<&'static Effective>]> = Pool::new();

/// Counts the changes, so that a thread notices that its copy of the table is outdated.
static CHANGES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The table that this thread has last seen: no lock is taken while nothing changes.
    static SEEN: Cell<(u64, Table)> = const { Cell::new((0, &[])) };
}

/// Replaces the settings of all sites; sites that are not in the list go back to their attributes.
pub(super) fn apply(settings: impl IntoIterator<Item = (&'static Site, Effective)>) {
    let settings: Vec<_> =
        settings.into_iter().map(|(site, it)| (site.index(), site, it)).collect();
    super::flags::exclusively(|| {
        // From here on calls read the table, which is still the old one, so that no call sees the new one
        // before others do.
        settings.iter().for_each(|(_, site, _)| site.expect_configuration());
        let mut applied = lock(&APPLIED);
        let mut table = Vec::new();
        for (index, _, effective) in settings {
            let index = index as usize;
            if table.len() <= index {
                table.resize(index + 1, None);
            }
            table[index] = Some(KEPT.keep(effective));
        }
        *applied = TABLES.keep(table);
        CHANGES.fetch_add(1, Ordering::Release);
    });
    // Sites without settings need not read the table any more.
    super::flags::refresh();
}

/// The settings of the site of this number.
#[inline(always)]
pub(crate) fn effective(index: u32) -> Option<&'static Effective> {
    let changes = CHANGES.load(Ordering::Acquire);
    let (seen, table) = SEEN.get();
    let table = if seen == changes { table } else { look(changes) };
    table.get(index as usize).copied().flatten()
}

#[cold]
#[inline(never)]
fn look(changes: u64) -> Table {
    let table = *lock(&APPLIED);
    // A change in between makes the next call read the table once more, which is harmless.
    SEEN.set((changes, table));
    table
}
