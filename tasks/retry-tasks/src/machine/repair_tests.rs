use super::*;
use crate::record::NewTask;

const NOW: Time = Time::from_millis(1_700_000_000_000);
const DAYS: Duration = Duration::from_secs(48 * 3600);
const SECOND: Duration = Duration::from_secs(1);

/// A task that is submitted at this time.
fn submitted(at: Time, delay: Duration) -> Record {
    let task =
        NewTask { name: "mail::send".into(), arguments: "{}".into(), delay, ..NewTask::default() };
    Record::new(task, at)
}

fn waiting(next: Time, delay: Duration) -> Record {
    let mut record = submitted(NOW, Duration::ZERO);
    record.state = State::Waiting { next_attempt_at: next };
    (record.run_at, record.last_delay, record.round) = (Some(next), Some(delay), 1);
    record
}

#[test]
fn a_retry_that_a_clock_has_set_days_too_late_is_due_after_its_delay() {
    let mut record = waiting(NOW + DAYS, SECOND);
    assert_eq!(record.repair(NOW), Some(DAYS - SECOND));
    assert_eq!(record.run_at, Some(NOW + SECOND));
    assert_eq!(record.state, State::Waiting { next_attempt_at: NOW + SECOND });
    assert_eq!(record.repair(NOW), None);
}

#[test]
fn a_task_from_the_future_keeps_its_delay() {
    let mut record = submitted(NOW + DAYS, 3600 * SECOND);
    assert_eq!(record.repair(NOW), Some(DAYS));
    assert_eq!(record.run_at, Some(NOW + 3600 * SECOND));
    assert_eq!(record.repair(NOW + SECOND), None, "once");
}

#[test]
fn what_a_rule_explains_is_left_as_it_is() {
    assert_eq!(submitted(NOW, DAYS).repair(NOW), None, "it was delayed by the program");
    assert_eq!(waiting(NOW + DAYS, DAYS).repair(NOW), None, "the server has asked for it");
    assert_eq!(waiting(NOW + 600 * SECOND, SECOND).repair(NOW), None, "a breaker is open");
    assert_eq!(submitted(NOW + 5 * SECOND, SECOND).repair(NOW), None, "clocks differ a little");
}
