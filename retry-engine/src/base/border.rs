//! The border to foreign code: whatever a program plugs into the engine may panic, block or call the engine again.
//!
//! Foreign code runs outside all locks. Its panic ends here where it does not belong to the call: a listener, a
//! subscriber, a hook, a clock or an error's `Display` cannot fail a call. The panic of a body, or of `when`,
//! `Classify`, `recover` and an argument's `Clone`, is the caller's and goes on.

use std::cell::Cell;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::task::Waker;

/// Runs foreign code; `None` if it panicked. The panic hook has printed the panic by then.
pub fn contained<T>(foreign: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(foreign)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // Dropping a payload may panic in turn. The second payload is leaked, so that it cannot do the same.
            if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                mem::forget(second);
            }
            None
        }
    }
}

/// Wakes a task. A waker belongs to an executor, which may run any code in it.
pub(crate) fn wake(waker: Waker) {
    contained(|| waker.wake());
}

/// A sort of foreign code that must not be entered again from inside itself: it would recurse without end.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Foreign {
    /// The subscriber of `tracing`.
    #[cfg(feature = "tracing")]
    Subscriber = 1,
    /// Observers of events.
    Observer = 2,
    /// `Display`, `Debug` and `Classify::describe` of errors.
    Text = 4,
    /// Clocks: a call reads them.
    Clock = 8,
    /// The hook that redacts error texts.
    Redactor = 16,
}

thread_local! {
    /// The sorts of foreign code that this thread is inside of, as bits.
    static INSIDE: Cell<u8> = const { Cell::new(0) };
}

/// Runs foreign code; `None` if it panicked, and without running it if this thread is already inside foreign code of
/// the same sort, or is ending and has lost its thread-locals.
pub(crate) fn contained_once<T>(sort: Foreign, foreign: impl FnOnce() -> T) -> Option<T> {
    let before = INSIDE.try_with(Cell::get).ok()?;
    if before & sort as u8 != 0 {
        return None;
    }
    INSIDE.set(before | sort as u8);
    let result = contained(foreign);
    let _ = INSIDE.try_with(|inside| inside.set(before));
    result
}

/// Whether this thread is inside foreign code of this sort.
pub(crate) fn is_inside(sort: Foreign) -> bool {
    INSIDE.try_with(Cell::get).map_or(true, |inside| inside & sort as u8 != 0)
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;

    use super::*;

    /// Panics when it is dropped.
    struct Spiteful;

    impl Drop for Spiteful {
        fn drop(&mut self) {
            resume_unwind(Box::new("on purpose"));
        }
    }

    #[test]
    fn a_panic_ends_at_the_border_even_if_its_payload_panics() {
        assert_eq!(contained(|| 7), Some(7));
        assert_eq!(contained(|| -> u8 { resume_unwind(Box::new("on purpose")) }), None);
        assert_eq!(contained(|| -> u8 { resume_unwind(Box::new(Spiteful)) }), None);
    }

    #[test]
    fn foreign_code_is_not_entered_from_inside_itself_and_is_entered_again_after_a_panic() {
        let text = |work: fn() -> u8| contained_once(Foreign::Text, work);
        let inside = contained_once(Foreign::Text, || (is_inside(Foreign::Text), text(|| 1)));
        assert_eq!(inside, Some((true, None)));
        assert_eq!(text(|| resume_unwind(Box::new("on purpose"))), None);
        assert_eq!((is_inside(Foreign::Text), text(|| 1)), (false, Some(1)));
        let other = || contained_once(Foreign::Observer, || 2);
        assert_eq!(contained_once(Foreign::Text, other), Some(Some(2)));
    }
}
