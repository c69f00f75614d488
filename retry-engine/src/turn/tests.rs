//! Tests that poll the pinned future by hand, without a runtime, so that Miri can check them.

use std::cell::Cell;
use std::future::{Future, IntoFuture, pending, poll_fn, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::turned::Turned;
use crate::call::state::Call;
use crate::failure::class::Kind;
use crate::failure::lookup::{ByClassify, ByTypeName, NoFromInterruption, NoInject};
use crate::policy::Policy;
use crate::site::NOBODY;

const NOW: Policy = Policy::new().max(2).base(Duration::ZERO).checked();

#[derive(Debug, PartialEq)]
struct Busy;

impl crate::failure::class::Classify for Busy {
    fn classify(&self) -> crate::failure::class::Class {
        Kind::Transient.into()
    }
}

/// A turn of this attempt.
fn turn<T, F: Future<Output = Result<T, Busy>>>(
    call: &mut Call<'_>,
    attempt: F,
) -> impl Future<Output = Turned<F::Output>> {
    call.turn(attempt)
        .classified(|_| (ByClassify, ByTypeName, NoFromInterruption, NoInject))
        .into_future()
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_turn_that_succeeds_returns_its_outcome_and_one_that_fails_asks_for_another() {
    let mut call = Call::under(&NOBODY, &NOW);
    {
        let failed = pin!(turn(&mut call, ready(Err::<u8, _>(Busy))));
        assert_eq!(poll(failed), Poll::Ready(Turned::Again));
    }
    let done = pin!(turn(&mut call, ready(Ok(7))));
    assert_eq!(poll(done), Poll::Ready(Turned::Out(Ok(7))));
}

#[test]
fn an_attempt_stays_where_it_is_between_two_polls() {
    let mut call = Call::under(&NOBODY, &NOW);
    let mut first = true;
    // Borrows from its own frame across an await.
    let attempt = async {
        let text = String::from("pinned");
        let borrowed = &text;
        poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }).await;
        Ok::<usize, Busy>(borrowed.len())
    };
    let mut turn = pin!(turn(&mut call, attempt));
    assert_eq!(poll(turn.as_mut()), Poll::Pending);
    assert_eq!(poll(turn.as_mut()), Poll::Ready(Turned::Quick(Ok(6))));
}

#[test]
fn a_turn_that_is_dropped_in_its_attempt_drops_what_the_attempt_holds() {
    struct SetOnDrop<'a>(&'a Cell<bool>);
    impl Drop for SetOnDrop<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Cell::new(false);
    let mut call = Call::under(&NOBODY, &NOW);
    {
        let attempt = async {
            let _guard = SetOnDrop(&dropped);
            pending::<Result<u8, Busy>>().await
        };
        let turn = pin!(turn(&mut call, attempt));
        assert_eq!(poll(turn), Poll::Pending);
        assert!(!dropped.get());
    }
    assert!(dropped.get());
}
