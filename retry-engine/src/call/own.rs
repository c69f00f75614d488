//! The policy of a call that has one of its own: given to it by a program, or computed from its arguments.
//!
//! The call borrows such a policy as it was given. Only when something depends on it, because the call is timed or has
//! failed, is it settled: brought together with a configuration, and to the nearest valid policy if it makes none. So a
//! first-try success pays for neither.

use std::ops::Deref;
use std::sync::Arc;

use super::state::{Call, CallState};
use super::trail::Trail;
use crate::budget::Budget;
use crate::policy::Policy;
use crate::site::{Effective, NOBODY, Site};

/// The policy and the budget that a single call has, settled.
#[derive(Debug)]
pub(crate) struct Own {
    policy: Policy,
    /// The budget that pays for retries in the place of the site's.
    pub(super) budget: Option<&'static Budget>,
}

impl Own {
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// The policy in force for a call.
pub(crate) enum InForce<'p> {
    /// The function's, or one that was given and has nothing to be settled.
    Borrowed(&'p Policy),
    /// Settled for this call.
    Settled(Arc<Own>),
}

impl Deref for InForce<'_> {
    type Target = Policy;

    #[inline]
    fn deref(&self) -> &Policy {
        match self {
            InForce::Borrowed(policy) => policy,
            InForce::Settled(own) => &own.policy,
        }
    }
}

impl<'p> Call<'p> {
    /// A call under a policy of its own; of an annotated or declared function, or of none (`NOBODY`). Not
    /// [opened](Call::open_under) yet.
    #[inline(always)]
    pub const fn under(site: &'static Site, policy: &'p Policy) -> Self {
        Call { site, policy: Some(policy), state: CallState::Plain }
    }

    /// A call that has ended.
    #[inline(always)]
    pub(crate) const fn ended() -> Call<'static> {
        Call { site: &NOBODY, policy: None, state: CallState::Ended }
    }

    /// Charges this budget for the retries of the call, in the place of the site's.
    #[cold]
    #[inline]
    pub(crate) fn pay_with(&mut self, budget: &'static Budget) {
        let policy = *self.policy();
        let own = Some(Arc::new(Own { policy, budget: Some(budget) }));
        self.early_trail_mut().rare_mut().own = own;
    }

    /// Opens a call under a policy of its own, which the caller, who gave it, passes again: this costs no read of the call.
    #[inline(always)]
    pub fn open_under(&mut self, policy: &Policy) {
        if !self.site.is_quiet() || policy.is_timed() {
            self.prepare();
        }
    }

    /// Says once that nothing enforces the timeout of the call's policy.
    #[cold]
    #[inline]
    pub(crate) fn warn_uncut(&self) {
        if self.policy.is_some_and(|policy| policy.attempt_limit().is_some()) {
            self.site.warn_uncut();
        }
    }

    /// The policy in force: the interceptor's, the call's own, or the function's as the configuration changed it.
    pub(crate) fn policy(&self) -> InForce<'p> {
        if let Some(policy) = self.intercepted_policy() {
            return InForce::Borrowed(policy);
        }
        if let Some(settled) = self.trail().and_then(Trail::own) {
            return InForce::Settled(Arc::clone(settled));
        }
        InForce::Borrowed(match self.policy {
            Some(given) => given,
            None => self.site.policy_under(self.effective()),
        })
    }

    /// Whether the first attempt depends on what is settled.
    pub(super) fn must_settle(&self) -> bool {
        let effective = self.effective();
        let matters = self.policy.is_some() && (self.may_be_limited() || effective.is_some());
        matters && self.settled(effective).is_some()
    }

    /// The call's own policy, settled; `None` for a call without one, and where nothing about it changes.
    #[inline]
    pub(super) fn settled(&self, effective: Option<&'static Effective>) -> Option<Arc<Own>> {
        let policy = self.site.settled(self.policy?, effective)?;
        Some(Arc::new(Own { policy, budget: None }))
    }
}
