//! The receiver of the report of an observed call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::base::sync::unpoisoned;
use crate::report::record::Report;
use crate::site::Site;

/// Receives the report of the next call. Most calls succeed at the first try, on the thread that waits for their report: only
/// a call that has failed once, or is pending, needs a handle.
#[derive(Debug, Default)]
pub(crate) enum Receiver {
    /// Nothing has been received, and no call has asked for a handle.
    #[default]
    New,
    /// The last call succeeded at its first try, which took so long.
    FirstTry(&'static Site, Duration),
    Shared(Observer),
}

/// A handle of a receiver, for a call that may end elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Observer(Arc<Mutex<Option<Report>>>);

impl Receiver {
    /// The receiver with this handle.
    pub(crate) fn of(observer: Option<Observer>) -> Self {
        observer.map_or(Receiver::New, Receiver::Shared)
    }

    /// The receiver after a call of this function that succeeded at its first try.
    #[inline]
    pub(crate) fn after_first_try(self, site: &'static Site, took: Duration) -> Self {
        if let Receiver::Shared(observer) = &self {
            observer.publish_first_try(site, took);
            return self;
        }
        Receiver::FirstTry(site, took)
    }

    /// A handle of this receiver.
    pub(crate) fn into_observer(self) -> Observer {
        match self {
            Receiver::Shared(observer) => observer,
            received => Observer(Arc::new(Mutex::new(received.into_report()))),
        }
    }

    /// A handle to go on with, if the receiver has a report or a handle.
    pub(crate) fn kept(self) -> Option<Observer> {
        if let Receiver::New = self { None } else { Some(self.into_observer()) }
    }

    /// The last report.
    #[inline]
    pub(crate) fn into_report(self) -> Option<Report> {
        match self {
            Receiver::New => None,
            Receiver::FirstTry(site, took) => Some(Report::first_try(site.name(), took)),
            Receiver::Shared(observer) => unpoisoned(observer.0.lock()).take(),
        }
    }
}

impl Observer {
    /// Receives a report in the place of the one before.
    pub(crate) fn publish(&self, report: Report) {
        *unpoisoned(self.0.lock()) = Some(report);
    }

    #[cold]
    #[inline(never)]
    fn publish_first_try(&self, site: &'static Site, took: Duration) {
        self.publish(Report::first_try(site.name(), took));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::site::{Meta, NO_BREAKER, SiteBudget};

    const fn site(name: &'static str) -> Site {
        Site::new(
            Meta::new(name, file!(), line!(), ""),
            Policy::new(),
            SiteBudget::None,
            &NO_BREAKER,
        )
    }

    static FIRST: Site = site("first");
    static THIRD: Site = site("third");

    fn name(receiver: Receiver) -> Option<&'static str> {
        receiver.into_report().map(|report| report.name)
    }

    #[test]
    fn the_last_report_counts_whether_or_not_a_call_has_asked_for_a_handle() {
        let observer = Receiver::New.after_first_try(&FIRST, Duration::ZERO).into_observer();
        let receiver = || Receiver::of(Some(observer.clone()));
        assert_eq!(name(receiver()), Some("first"));
        observer.publish(Report::empty("second"));
        assert_eq!(name(receiver()), Some("second"));
        observer.publish(Report::empty("second"));
        assert_eq!(name(receiver().after_first_try(&THIRD, Duration::ZERO)), Some("third"));
    }

    #[test]
    fn a_receiver_that_goes_on_keeps_its_report_and_needs_no_handle_without_one() {
        assert!(Receiver::New.kept().is_none());
        let kept = Receiver::New.after_first_try(&FIRST, Duration::ZERO).kept();
        assert_eq!(name(Receiver::of(kept)), Some("first"));
    }
}
