//! What a call remembers from the first failure on, or from its start when it is observed.

use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::Call;
use super::resumed::Handed;
use crate::ambient::Observer;
use crate::budget::{Budget, Withdrawal};
use crate::rng::Rng;
use crate::{Kind, Report, Site};

#[derive(Debug)]
pub(super) struct Trail {
    pub(super) rng: Rng,
    pub(super) previous: Option<Duration>,
    pub(super) last_kind: Option<Kind>,
    pub(super) report: Report,
    pub(super) observer: Option<Observer>,
    /// Set when the call was begun before, elsewhere.
    pub(super) handed: Option<Handed>,
    /// What the retry that runs, or is waited for, has cost; given back when it is dropped.
    pub(super) withdrawal: Option<Withdrawal<&'static Budget>>,
}

/// A trail, or none as long as nothing has failed.
///
/// Its own type for the sake of its drop, which for a call that succeeds at once is one comparison in
/// place: the drop of a box inside a larger value is a call.
#[derive(Debug)]
pub(super) struct Remembered(ManuallyDrop<Option<Box<Trail>>>);

impl Remembered {
    pub(super) const NOTHING: Remembered = Remembered(ManuallyDrop::new(None));
}

impl Deref for Remembered {
    type Target = Option<Box<Trail>>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Remembered {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for Remembered {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.is_some() {
            forget(self);
        }
    }
}

#[cold]
fn forget(remembered: &mut Remembered) {
    drop(ManuallyDrop::into_inner(mem::replace(&mut remembered.0, ManuallyDrop::new(None))));
}

impl Call<'_> {
    /// The trail, begun now if it has not been.
    pub(super) fn trail_mut(&mut self) -> &mut Trail {
        let site = self.site;
        self.trail.get_or_insert_with(|| {
            Box::new(Trail {
                rng: Rng::fresh(),
                previous: None,
                last_kind: None,
                report: Report::empty(site.map_or("", Site::name)),
                observer: None,
                handed: None,
                withdrawal: None,
            })
        })
    }
}
