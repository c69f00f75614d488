//! The arguments of a call by `Policy::retrying`.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use retry_runtime::{Interruption, Kind, Policy};

use super::{EXACT, Failure, SECOND, pass, ready, virtually};

/// An error that nothing classifies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plain {
    Busy,
    Wrong,
}

#[test]
fn every_failure_is_retried_or_those_that_when_chooses() {
    let made = Cell::new(0);
    let work = |_| {
        made.set(made.get() + 1);
        Err::<(), _>(if made.get() == 2 { Plain::Wrong } else { Plain::Busy })
    };
    let (result, time) = virtually(|| EXACT.retrying_any(work).run());
    assert_eq!((result, made.replace(0), time), (Err(Plain::Busy), 4, 7));
    let busy = |error: &Plain| *error == Plain::Busy;
    let (result, _) = virtually(|| EXACT.retrying_any(work).when(busy).run());
    assert_eq!((result, made.get()), (Err(Plain::Wrong), 2));
}

#[test]
fn a_judge_decides_alone_by_a_kind_or_a_delay() {
    let work = |_| Err::<(), _>(Plain::Busy);
    let (_, time) = virtually(|| EXACT.max(1).retrying(work).judge(|_, _| Some(9 * SECOND)).run());
    assert!((9..=11).contains(&time), "{time}");
    let (_, time) = virtually(|| EXACT.retrying(work).judge(|_, _| Kind::Permanent).run());
    assert_eq!(time, 0);
    let (_, time) =
        virtually(|| EXACT.retrying(work).judge(|_, attempt| attempt.number() < 2).run());
    assert_eq!(time, 1);
}

#[test]
fn a_value_that_is_no_success_is_retried_and_the_hook_is_told() {
    let told = RefCell::new(Vec::new());
    let policy = EXACT.max(2);
    let call = policy.retrying(|attempt| Ok::<_, Failure>(attempt.number()));
    let call = call.retry_if(|value| *value < 9).on_retry(|retry| {
        told.borrow_mut().push((retry.attempt(), retry.value().copied(), retry.delay()));
        panic!("a hook cannot fail the call");
    });
    let (result, _) = virtually(|| call.run());
    assert_eq!(result, Ok(3));
    assert_eq!(*told.borrow(), [(1, Some(1), SECOND), (2, Some(2), 2 * SECOND)]);
}

#[test]
fn an_awaited_call_retries_is_send_and_is_cut_off_only_where_it_is_limited() {
    let work = |attempt: retry_runtime::Attempt| async move {
        if attempt.number() == 3 { Ok(()) } else { Err(Failure::Refused) }
    };
    assert_eq!(virtually(|| ready(EXACT.retrying(work).into_future())), (Ok(()), 3));
    let slow = |_| async {
        pass(9 * SECOND);
        Err::<(), _>(Failure::Refused)
    };
    let policy = EXACT.deadline(10 * SECOND);
    assert_eq!(
        virtually(|| ready(policy.retrying(slow).into_future())),
        (Err(Failure::Refused), 19)
    );
    let stuck = |_| std::future::pending::<Result<(), Failure>>();
    let passed = Err(Failure::Cut(Interruption::DeadlinePassed));
    assert_eq!(virtually(|| ready(policy.retrying(stuck).limited().into_future())), (passed, 10));
}

#[test]
fn a_policy_that_is_not_valid_fails_no_call() {
    let wrong = Policy::new().max(1).factor(f64::NAN).base(9 * SECOND).cap(Duration::ZERO);
    let (result, _) = virtually(|| wrong.retrying_any(|_| Err::<(), _>(Plain::Busy)).run());
    assert_eq!(result, Err(Plain::Busy));
}
