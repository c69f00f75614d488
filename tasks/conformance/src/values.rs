//! Arguments and results: what is submitted is what arrives.

use retry_runtime::retryable;
use retry_tasks::{FailReason, NewTask, State, TaskError, TaskId, TaskInfo};

use crate::lab::{Lab, failed, seconds};

crate::list! {
    a_number_arrives_bit_for_bit
    an_argument_that_json_would_change_is_refused_by_name
    a_result_that_cannot_be_read_back_fails_the_attempt
    an_argument_of_another_type_is_told_without_its_value
    [ManualTime] a_task_with_other_arguments_is_left_to_other_workers_and_fails_in_the_end
    an_argument_is_found_under_the_name_that_it_had_before
}

/// Returns the bits of the numbers that arrive.
#[retryable(max = 0, budget = none, on = any, name = "conformance::numbers", task)]
async fn numbers(numbers: Vec<f64>, single: f32) -> Result<Vec<u64>, String> {
    let single = u64::from(single.to_bits());
    Ok(numbers.iter().map(|number| number.to_bits()).chain([single]).collect())
}

/// Takes one number that may be missing.
#[retryable(max = 0, budget = none, on = any, name = "conformance::maybe", task)]
async fn maybe(number: Option<f64>) -> Result<bool, String> {
    Ok(number.is_some())
}

/// Returns no number.
#[retryable(max = 0, budget = none, on = any, name = "conformance::result", task)]
async fn result(some: bool) -> Result<Option<f64>, String> {
    Ok(some.then_some(f64::NAN))
}

/// The recipient was called `to`, and the card was a text.
#[retryable(max = 0, budget = none, on = any, name = "conformance::send",
    task(was(recipient = "to"), redact(card)))]
async fn send(recipient: Option<String>, card: u32) -> Result<Option<String>, String> {
    let _ = card;
    Ok(recipient.clone())
}

async fn a_number_arrives_bit_for_bit(lab: Lab) {
    lab.work();
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    let mut all: Vec<f64> = vec![0.1, -0.0, f64::MIN_POSITIVE, f64::MAX, 5e-324];
    for _ in 0..2000 {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        all.push((bits >> 11) as f64 / (1_u64 << 53) as f64);
        all.extend(Some(f64::from_bits(bits)).filter(|number| number.is_finite()));
    }
    let single = 0.1_f32;
    let expected: Vec<u64> =
        all.iter().map(|it| it.to_bits()).chain([single.to_bits().into()]).collect();
    let id = lab.tasks.submit(numbers::task(all, single)).await.expect("stored");
    assert_eq!(lab.tasks.wait::<Vec<u64>>(id).await, Ok(expected));
}

async fn an_argument_that_json_would_change_is_refused_by_name(lab: Lab) {
    let detail = |submitted: Result<TaskId, TaskError>| match submitted {
        Err(TaskError::Arguments { detail, .. }) => detail,
        other => panic!("{other:?}"),
    };
    let nan = detail(lab.tasks.submit(numbers::task(vec![1.0, f64::NAN], 1.0)).await);
    assert!(nan.contains("`numbers`") && nan.contains("NaN"), "{nan}");
    let infinite = detail(lab.tasks.submit(numbers::task(vec![], f32::INFINITY)).await);
    assert!(infinite.contains("`single`"), "{infinite}");
    let some = detail(lab.tasks.submit(maybe::task(Some(f64::NAN))).await);
    assert!(some.contains("`number`"), "{some}");
    assert_eq!(lab.tasks.counts().await.expect("counted").total(), 0);
}

async fn a_result_that_cannot_be_read_back_fails_the_attempt(lab: Lab) {
    lab.work();
    let id = lab.tasks.submit(result::task(true)).await.expect("stored");
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, failed(FailReason::Unreadable));
    assert!(info.last_error.is_some_and(|error| error.contains("NaN")));
    let id = lab.tasks.submit(result::task(false)).await.expect("stored");
    assert_eq!(lab.tasks.wait::<Option<f64>>(id).await, Ok(None));
}

/// Submits a task as another version of the program would.
async fn submit(lab: &Lab, arguments: &str) -> TaskId {
    let task = NewTask {
        name: "conformance::send".into(),
        arguments: arguments.into(),
        redacted: vec!["card".into()],
        limit: Some(1),
        ..NewTask::default()
    };
    lab.tasks.store().submit(task).await.expect("stored").id
}

async fn an_argument_of_another_type_is_told_without_its_value(lab: Lab) {
    lab.work();
    let mut events = lab.tasks.events();
    let id = submit(&lab, r#"{"recipient":"me","card":"4111 1111 1111 1111"}"#).await;
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, failed(FailReason::Unreadable));
    let shown = serde_json::to_string(&info).expect("written");
    assert!(shown.contains("`card`") && shown.contains("invalid type"), "{shown}");
    assert!(!shown.contains("4111"), "{shown}");
    while let Ok(event) = events.try_recv() {
        let told = serde_json::to_string(&event).expect("written");
        assert!(!told.contains("4111"), "{told}");
    }
}

async fn a_task_with_other_arguments_is_left_to_other_workers_and_fails_in_the_end(lab: Lab) {
    lab.work();
    for (arguments, named) in [
        (r#"{"recipient":"me","card":1,"copy":true}"#, "`copy`"),
        (r#"{"receiver":"me","card":1}"#, "`receiver`"),
        (r#"{"recipient":"me"}"#, "`card`"),
    ] {
        let id = submit(&lab, arguments).await;
        let is_told =
            |info: &TaskInfo| info.last_error.as_ref().is_some_and(|error| error.contains(named));
        let info = lab.until(id, is_told).await;
        assert!(!info.state.is_ended(), "another worker may know them: {}", info.state);
        assert_eq!((info.attempts().len(), info.retry_count), (0, 0));
        for _ in 0..70 {
            lab.pass(seconds(10)).await;
        }
        let info = lab.info(id).await;
        assert_eq!(info.state, failed(FailReason::Unreadable));
        assert!(is_told(&info), "{:?}", info.last_error);
    }
}

async fn an_argument_is_found_under_the_name_that_it_had_before(lab: Lab) {
    lab.work();
    let before = submit(&lab, r#"{"to":"me","card":1}"#).await;
    let now = lab.tasks.submit(send::task(Some("me".into()), 1)).await.expect("stored");
    let new = submit(&lab, r#"{"card":1}"#).await;
    for (id, recipient) in [(before, Some("me")), (now, Some("me")), (new, None)] {
        let expected = recipient.map(str::to_owned);
        assert_eq!(lab.tasks.wait::<Option<String>>(id).await, Ok(expected));
        assert_eq!(lab.info(id).await.state, State::Complete);
    }
}
