//! What a call remembers from the first failure on, or from its start when it is observed.

use std::time::Duration;

use super::{Call, Mode};
use crate::ambient::Observer;
use crate::budget::{Budget, Withdrawal};
use crate::clock::Moment;
use crate::event::CallSpan;
use crate::live::Ticket;
use crate::rng::Rng;
use crate::stats::Failures;
use crate::{Kind, Report, Site};

#[derive(Debug)]
pub(super) struct Trail {
    pub(super) rng: Rng,
    pub(super) previous: Option<Duration>,
    pub(super) last_kind: Option<Kind>,
    pub(super) report: Report,
    pub(super) failures: Failures,
    /// When the call started; when its first attempt ended, if nobody has timed that one.
    pub(super) started: Option<Moment>,
    pub(super) observer: Option<Observer>,
    /// What the retry that runs, or is waited for, has cost; given back when it is dropped.
    pub(super) withdrawal: Option<Withdrawal<&'static Budget>>,
    /// The call's place in the list of live calls, from its first sleep on.
    pub(super) live: Option<Ticket>,
    /// The call's number in events and among the live calls; 0 as long as nobody has asked.
    pub(super) number: u64,
    /// The span of the attempt that runs, from the second one on.
    pub(super) span: Option<CallSpan>,
    /// The testing scope that the call belongs to.
    #[cfg(feature = "testing")]
    pub(super) tested: Option<super::tested::Tested>,
}

impl Call<'_> {
    /// The trail, begun now if it has not been.
    pub(super) fn trail_mut(&mut self) -> &mut Trail {
        self.mode.add(Mode::FAILED);
        let (site, started) = (self.site, self.attempt_started);
        self.trail.get_or_insert_with(|| {
            Box::new(Trail {
                rng: Rng::fresh(),
                previous: None,
                last_kind: None,
                report: Report::empty(site.map_or("", Site::name)),
                failures: Failures::default(),
                started,
                observer: None,
                withdrawal: None,
                live: None,
                number: 0,
                span: None,
                #[cfg(feature = "testing")]
                tested: None,
            })
        })
    }
}
