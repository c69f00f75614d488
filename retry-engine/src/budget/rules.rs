//! The rules of a budget: the settings that it was made with, or those of a configuration.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bucket::Bucket;
use super::settings::BudgetSettings;
use super::volume::Follow;
use crate::base::sync::lock;

/// The settings of a budget, which a configuration can change while the budget is in use.
#[derive(Debug)]
pub(super) struct Rules {
    follow: Follow,
    made: BudgetSettings,
    /// `made`, computed once.
    bucket: Bucket,
    /// Whether `now` has a value: without a configuration, no lock is taken.
    is_changed: AtomicBool,
    now: Mutex<Option<BudgetSettings>>,
}

impl Rules {
    /// The rules of valid settings.
    pub(super) const fn new(settings: BudgetSettings, follow: Follow) -> Self {
        Rules {
            follow,
            made: settings,
            bucket: Bucket::new(settings, follow),
            is_changed: AtomicBool::new(false),
            now: Mutex::new(None),
        }
    }

    /// The settings that the budget was made with.
    pub(super) const fn made(&self) -> &BudgetSettings {
        &self.made
    }

    pub(super) const fn follow(&self) -> Follow {
        self.follow
    }

    /// The settings in force.
    pub(super) fn settings(&self) -> BudgetSettings {
        self.changed().unwrap_or(self.made)
    }

    /// The bucket of the settings in force.
    #[inline]
    pub(super) fn bucket(&self) -> Cow<'_, Bucket> {
        if self.is_changed.load(Ordering::Acquire) {
            Cow::Owned(self.changed_bucket())
        } else {
            Cow::Borrowed(&self.bucket)
        }
    }

    #[cold]
    fn changed_bucket(&self) -> Bucket {
        self.changed().map_or(self.bucket, |settings| Bucket::new(settings, self.follow))
    }

    fn changed(&self) -> Option<BudgetSettings> {
        if self.is_changed.load(Ordering::Acquire) { *lock(&self.now) } else { None }
    }

    /// Puts valid settings in force, or with `None` those that the budget was made with.
    #[inline]
    pub(super) fn change(&self, settings: Option<BudgetSettings>) {
        let mut now = lock(&self.now);
        *now = settings;
        self.is_changed.store(settings.is_some(), Ordering::Release);
    }
}

/// Settings that were in force when they were asked for.
#[derive(Debug)]
pub(super) struct InForce(pub(super) BudgetSettings);

impl Deref for InForce {
    type Target = BudgetSettings;

    #[inline]
    fn deref(&self) -> &BudgetSettings {
        &self.0
    }
}
