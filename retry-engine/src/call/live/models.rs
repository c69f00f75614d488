//! Loom models: every interleaving of two orders and the end of the sleep.

use std::task::{Context, Poll, Waker};

use loom::sync::Arc;
use loom::thread;

use super::*;
use crate::site::NOBODY;

fn sleeping(cancellable: bool) -> Arc<Entry> {
    let until = Moment::of(Instant::now());
    let call = Listed { id: 1, site: &NOBODY, deadline: None, since: until };
    let pause = Pause {
        attempt: 1,
        limit: None,
        until,
        error: "refused",
        kind: Kind::Transient,
        cancellable,
    };
    Arc::new(Entry::new(call, 0, pause))
}

/// The call's side: it polls once during its sleep, and then the sleep ends.
fn sleeps(entry: &Entry) -> Option<Order> {
    match entry.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(order) => Some(order),
        Poll::Pending => entry.wake(),
    }
}

#[test]
fn loom_an_answer_that_the_call_is_cancelled_is_right() {
    loom::model(|| {
        let entry = sleeping(true);
        let other = Arc::clone(&entry);
        let cancelling = thread::spawn(move || other.cancel());
        let order = sleeps(&entry);
        let answer = cancelling.join().unwrap();
        assert_eq!(order == Some(Order::Cancel), answer == Answer::Done, "{order:?} {answer:?}");
        if answer == Answer::AfterAttempt {
            assert!(entry.is_cancelled(), "the call learns of it before it sleeps again");
        }
    });
}

#[test]
fn loom_of_cancel_and_retry_now_one_wins_and_the_call_does_it() {
    loom::model(|| {
        let entry = sleeping(true);
        let (one, two) = (Arc::clone(&entry), Arc::clone(&entry));
        let cancelling = thread::spawn(move || one.cancel());
        let hurrying = thread::spawn(move || two.retry_now());
        let order = sleeps(&entry);
        let (cancelled, hurried) = (cancelling.join().unwrap(), hurrying.join().unwrap());
        let seen = format!("{order:?}, cancel {cancelled:?}, hurry {hurried:?}");
        assert_eq!(order == Some(Order::Cancel), cancelled == Answer::Done, "{seen}");
        assert_eq!(order == Some(Order::RetryNow), hurried == Answer::Done, "{seen}");
    });
}

#[test]
fn loom_a_call_that_has_ended_cannot_be_cancelled() {
    loom::model(|| {
        let entry = sleeping(true);
        let other = Arc::clone(&entry);
        let cancelling = thread::spawn(move || other.cancel());
        let order = sleeps(&entry);
        entry.end();
        let answer = cancelling.join().unwrap();
        if order.is_none() {
            assert_ne!(answer, Answer::Done);
        }
        assert_eq!(entry.cancel(), Answer::TooLate);
        assert_eq!(entry.retry_now(), Answer::TooLate);
    });
}
