//! A call in a testing scope.

use std::sync::Arc;

use super::context as ambient;
use super::intercept::{Able, Plan};
use super::{Call, Trail};
use crate::policy::Policy;
use crate::testing::Within;

/// What a call knows of the scope that it belongs to.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) within: Within,
    /// What the scope has made of the function's settings.
    pub(super) policy: Option<&'static Policy>,
    /// What was injected, by the attempt's number.
    pub(super) injected: Vec<(u32, Arc<str>)>,
}

impl Call<'_> {
    /// Joins the scope that holds here, if there is one.
    pub(super) fn join_scope(&mut self) {
        let Some(within) = ambient::within() else { return };
        let shared = Arc::clone(&within.shared);
        let number = shared.note_call(self.site());
        let policy = shared.policy(self.policy());
        let rng = shared.rng(self.site(), number);
        self.watch();
        let trail = self.trail_mut();
        trail.rng = rng;
        trail.tested = Some(Tested { within, policy, injected: Vec::new() });
    }

    /// The scope that the call belongs to.
    pub(super) fn within(&self) -> Option<&Within> {
        self.trail()?.within()
    }

    pub(super) fn tested_policy(&self) -> Option<&'static Policy> {
        self.trail()?.tested.as_ref()?.policy
    }

    /// What the scope injects into the attempt that has just begun.
    pub(super) fn plan_of_scope(&mut self, able: &Able) -> Option<Plan> {
        let shared = Arc::clone(&self.within()?.shared);
        let plan = shared.plan(self.site()?, self.attempt_number(), able)?;
        let (attempt, words) = (self.attempt_number(), Arc::clone(&plan.words));
        if let Some(tested) = &mut self.trail_mut().tested {
            tested.injected.push((attempt, words));
        }
        Some(plan)
    }
}

impl Trail {
    /// The scope that the call belongs to.
    pub(super) fn within(&self) -> Option<&Within> {
        Some(&self.tested.as_ref()?.within)
    }

    pub(super) fn log_attempt(&self) {
        if let Some(within) = self.within() {
            within.shared.note_attempt(self.site());
        }
    }

    pub(super) fn log_delay(&self, delay: std::time::Duration) {
        if let Some(within) = self.within() {
            within.shared.note_delay(self.site(), delay);
        }
    }

    pub(super) fn forget_delay(&self) {
        if let Some(within) = self.within() {
            within.shared.forget_delay(self.site());
        }
    }

    /// The call has ended, and its report is complete.
    pub(super) fn log_end(&self) {
        if let Some(tested) = &self.tested {
            tested.within.shared.note_end(&self.report, &tested.injected);
        }
    }
}
