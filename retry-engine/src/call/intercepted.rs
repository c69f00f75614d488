//! Finds the interceptor of a call, and opens scopes.

use std::sync::{Arc, OnceLock};

use super::context::{self, Scope};
use super::intercept::{Begun, Can, Fault, Intercept, Intercepted, Passage, Stage};
use super::state::Call;
use crate::base::clock;
use crate::base::rng::Rng;
use crate::policy::Policy;

/// The interceptor of calls that run outside any scope.
static INSTALLED: OnceLock<Arc<dyn Intercept>> = OnceLock::new();

/// Installs the interceptor for calls that run outside any scope, of functions whose configuration asks for one. Only
/// the first installation has an effect.
#[inline]
pub fn install(interceptor: Arc<dyn Intercept>) {
    let _ = INSTALLED.set(interceptor);
}

/// Opens a scope on this thread, or closes it with `None`. The interceptor applies to all calls on the thread, and the
/// engine reads the interceptor's clock.
#[inline]
pub fn set_thread(interceptor: Option<Arc<dyn Intercept>>) {
    clock::ask_first(|| here()?.now());
    context::set_thread_interceptor(interceptor);
}

/// The interceptor of the current scope, if there is one.
pub fn here() -> Option<Arc<dyn Intercept>> {
    context::interceptor()
}

/// Runs `work` in a scope of this interceptor.
pub fn within<T>(interceptor: Arc<dyn Intercept>, work: impl FnOnce() -> T) -> T {
    let _scope = Scope::open(interceptor);
    work()
}

impl Call<'_> {
    /// Finds the interceptor of a call that is not plain, and tells it that the call starts.
    #[cold]
    pub(super) fn find_interceptor(&mut self) {
        let asked = || self.effective().is_some_and(|effective| effective.intercepted);
        let installed = || INSTALLED.get().filter(|_| asked()).cloned();
        let Some(by) = here().or_else(installed) else { return };
        let site = self.site();
        let Begun { number, policy, seed, watched } = by.begin(site, &self.policy());
        if watched {
            self.watch();
        }
        let trail = self.early_trail_mut();
        if let Some(seed) = seed {
            trail.rng = Rng::seeded(seed);
        }
        let passage = Passage { site, number };
        trail.rare_mut().intercepted =
            Some(Box::new(Intercepted { by, passage, policy, asked: 0, stage: None }));
    }

    /// The policy that the interceptor gave the call.
    pub(super) fn intercepted_policy(&self) -> Option<&'static Policy> {
        self.trail()?.intercepted()?.policy
    }

    /// Whether the call has an interceptor, which may inject a fault into the running attempt.
    #[inline]
    pub(crate) fn is_intercepted(&self) -> bool {
        self.trail().is_some_and(|trail| trail.intercepted().is_some())
    }

    /// The fault of the attempt that has just begun. The interceptor is asked once for each attempt.
    pub(crate) fn fault(&mut self, can: &Can) -> Option<Fault> {
        let attempt = self.attempt_number();
        let intercepted = self.trail_mut().rare.as_mut()?.intercepted.as_mut()?;
        if intercepted.asked == attempt {
            return None;
        }
        intercepted.asked = attempt;
        intercepted.by.fault(&intercepted.passage, attempt, can)
    }

    /// The stage of the running attempt's fault; `None` without a fault.
    pub(crate) fn stage(&mut self) -> &mut Option<Stage> {
        match &mut self.trail_mut().rare_mut().intercepted {
            Some(intercepted) => &mut intercepted.stage,
            None => unreachable!("a call without an interceptor has no fault"),
        }
    }
}
