//! A pool of trails for each thread: calls take the memory of calls that have ended.
//!
//! A call that is configured or has a deadline needs a trail even when it succeeds at its first try. Without the pool
//! it would allocate one.

use super::trail::Trail;
use crate::base::rng::Rng;
use crate::site::Site;
use std::cell::RefCell;

#[allow(clippy::vec_box, reason = "a call keeps its trail in the same box")]
type Spare = Vec<Box<Trail>>;

thread_local! {
    static SPARE: RefCell<Spare> = const { RefCell::new(Vec::new()) };
}

/// The number of trails in the pool: this many concurrent calls on a thread allocate no trail.
const MOST: usize = 64;

/// A trail in the pool keeps at most so many bytes for the attempts of the next call, those of four with short texts.
pub(super) const BYTES: usize = 512;

/// An empty trail, from the pool if possible.
pub(super) fn take(site: &'static Site, attempt: u32) -> Box<Trail> {
    match with(Vec::pop).flatten() {
        Some(mut trail) => {
            trail.site = site;
            trail.attempt = attempt;
            trail
        }
        None => Box::new(Trail::new(site, attempt, Rng::fresh())),
    }
}

/// Clears the trail and puts it into the pool.
pub(super) fn keep(mut trail: Box<Trail>) {
    trail.clear();
    with(|spare| {
        if spare.len() < MOST {
            spare.push(trail);
        }
    });
}

/// Works on the spare trails. A thread that is ending has none, nor has a call that an allocator makes in this function.
fn with<T>(work: impl FnOnce(&mut Spare) -> T) -> Option<T> {
    SPARE.try_with(|spare| Some(work(&mut *spare.try_borrow_mut().ok()?))).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::mode::Mode;
    use crate::call::state::Call;
    use crate::policy::Policy;
    use crate::report::draft::Draft;
    use crate::report::reason::StopReason;
    use crate::site::{NO_BREAKER, SiteBudget};

    static SITE: Site = Site::new(
        crate::site::Meta::new("trail", file!(), line!(), ""),
        Policy::new(),
        SiteBudget::None,
        &NO_BREAKER,
    );

    /// A call for which a trail was begun at its start, in its first attempt.
    fn running() -> Call<'static> {
        let mut call = Call::start(&SITE);
        call.early_trail_mut();
        call.begin();
        call
    }

    #[test]
    fn the_next_call_finds_an_empty_trail_however_the_last_one_ended() {
        let dropped = || drop(running());
        let succeeded = || running().succeeded();
        let watched = || {
            let mut call = running();
            call.watch();
            call.succeeded();
        };
        let interrupted = || running().end(StopReason::Cancelled);
        let ends: [&dyn Fn(); 4] = [&dropped, &succeeded, &watched, &interrupted];
        // More calls than a function remembers: the pool also receives trails of forgotten calls.
        for end in ends.iter().cycle().take(200) {
            end();
            let mut call = Call::start(&SITE);
            let trail = call.early_trail_mut();
            assert_eq!(trail.draft, Draft::new());
            assert!(trail.draft.bytes() <= BYTES);
            assert_eq!((trail.started, trail.attempt_started, trail.number), (None, None, 0));
            assert_eq!((trail.attempt, trail.mode), (0, Mode::RUNNING));
            // Dropping this call must not report an attempt.
            trail.mode.remove(Mode::RUNNING);
        }
    }
}
