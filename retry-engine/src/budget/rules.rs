//! The rules of a budget: the settings that it was made with, or those of a configuration.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

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
    now: Mutex<Option<(BudgetSettings, Arc<Bucket>)>>,
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
        self.changed().map_or(self.made, |(settings, _)| settings)
    }

    /// The bucket of the settings in force.
    #[inline]
    pub(super) fn bucket(&self) -> BucketInForce<'_> {
        match self.changed() {
            Some((_, bucket)) => BucketInForce::Changed(bucket),
            None => BucketInForce::Made(&self.bucket),
        }
    }

    #[inline]
    fn changed(&self) -> Option<(BudgetSettings, Arc<Bucket>)> {
        if self.is_changed.load(Ordering::Acquire) { self.read() } else { None }
    }

    #[cold]
    fn read(&self) -> Option<(BudgetSettings, Arc<Bucket>)> {
        lock(&self.now).clone()
    }

    /// Puts valid settings in force, or with `None` those that the budget was made with.
    #[inline]
    pub(super) fn change(&self, settings: Option<BudgetSettings>) {
        let mut now = lock(&self.now);
        let bucket = |settings| Arc::new(Bucket::new(settings, self.follow));
        *now = settings.map(|settings| (settings, bucket(settings)));
        self.is_changed.store(now.is_some(), Ordering::Release);
    }
}

/// The bucket of the settings that were in force when they were asked for.
pub(super) enum BucketInForce<'r> {
    Made(&'r Bucket),
    Changed(Arc<Bucket>),
}

impl Deref for BucketInForce<'_> {
    type Target = Bucket;

    #[inline]
    fn deref(&self) -> &Bucket {
        match self {
            BucketInForce::Made(bucket) => bucket,
            BucketInForce::Changed(bucket) => bucket,
        }
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
