//! What is injected into the attempts of a call: by the test that it runs in, or by chaos.

use super::intercept::{Able, Plan};
use super::{Call, State};

impl Call<'_> {
    /// What is injected into the attempt that has just begun.
    #[inline]
    pub(crate) fn plan(&mut self, able: impl FnOnce() -> Able) -> Option<Plan> {
        if let State::Kept(_) = self.state { self.plan_kept(&able()) } else { None }
    }

    #[cold]
    fn plan_kept(&mut self, able: &Able) -> Option<Plan> {
        #[cfg(feature = "testing")]
        if self.within().is_some() {
            return self.plan_of_scope(able);
        }
        self.plan_of_chaos(able)
    }

    #[cfg(feature = "chaos")]
    fn plan_of_chaos(&self, able: &Able) -> Option<Plan> {
        let chaos = self.trail()?.effective?.chaos.as_ref()?;
        crate::chaos::plan(chaos, self.site()?, self.attempt_number(), able)
    }

    #[cfg(not(feature = "chaos"))]
    fn plan_of_chaos(&self, _: &Able) -> Option<Plan> {
        None
    }
}
