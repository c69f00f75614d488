//! Which ended tasks are kept, and for how long.

use retry_runtime::Kind;
use retry_tasks::{Format, Phase, Retention, State, TaskError, TaskId};

use crate::lab::{Lab, seconds, start};
use crate::stage::{Act, anything, once, repeatable};

crate::list! {
    [ManualTime] ended_tasks_are_removed_by_age_and_count
    [ManualTime] failed_tasks_are_kept_by_limits_of_their_own
    each_function_has_its_own_count
    [ManualTime] a_key_answers_for_as_long_as_it_has_promised_whatever_the_retention_is
    [ManualTime] a_worker_removes_no_tasks_of_functions_that_it_does_not_have
}

async fn ended_tasks_are_removed_by_age_and_count(lab: Lab) {
    lab.work();
    let mut ids = Vec::new();
    for play in 0..5 {
        ids.extend(lab.submit_plays([play]).await);
        lab.until_ended(ids[play]).await;
        lab.clock.advance(seconds(10));
    }
    let open = lab.submit(repeatable::task("open".into()).delay(seconds(86_400))).await;
    let removed = |retention| lab.tasks.prune(retention);
    assert_eq!(removed(Retention::forever()).await, Ok(0));
    assert_eq!(removed(Retention::forever().age(seconds(45))).await, Ok(1));
    assert_eq!(removed(Retention::forever().count(2)).await, Ok(2));
    for id in &ids[..3] {
        let gone = lab.tasks.info(*id, Format::Full).await;
        assert_eq!(gone, Err(TaskError::Unknown(*id)));
    }
    assert_eq!(lab.info(ids[3]).await.attempts().len(), 1);
    assert_eq!(removed(Retention::forever().count(0)).await, Ok(2));
    assert_eq!(lab.info(open).await.state, State::Pending, "what is open is kept");
}

/// Runs a task of this function to its end.
async fn ended(lab: &Lab, play: &str, act: Act) -> TaskId {
    lab.stage.script(play, &[act]);
    let id = lab.submit(repeatable::task(play.into())).await;
    lab.until_ended(id).await;
    id
}

async fn is_there(lab: &Lab, id: TaskId) -> bool {
    lab.tasks.info(id, Format::Minimal).await.is_ok()
}

async fn failed_tasks_are_kept_by_limits_of_their_own(lab: Lab) {
    lab.work();
    let complete = ended(&lab, "a", Act::Succeed).await;
    let failed = ended(&lab, "b", Act::Fail(Kind::Permanent)).await;
    let newer = ended(&lab, "c", Act::Fail(Kind::Permanent)).await;
    lab.clock.advance(seconds(100));
    let retention = Retention::forever().age(seconds(50)).failed_age(seconds(500));
    assert_eq!(lab.tasks.prune(retention).await, Ok(1));
    assert!(!is_there(&lab, complete).await && is_there(&lab, failed).await);
    // A limit of all counts for failed tasks as long as they have none.
    assert_eq!(lab.tasks.prune(Retention::forever().count(0).failed_count(1)).await, Ok(1));
    assert!(!is_there(&lab, failed).await && is_there(&lab, newer).await);
    assert_eq!(lab.tasks.prune(Retention::forever().age(seconds(50))).await, Ok(1));
}

async fn each_function_has_its_own_count(lab: Lab) {
    lab.work();
    let rare = lab.submit(once::task("rare".into(), None)).await;
    lab.until_ended(rare).await;
    for play in ["a", "b", "c"] {
        ended(&lab, play, Act::Succeed).await;
    }
    assert_eq!(lab.tasks.prune(Retention::forever().count(1)).await, Ok(2));
    assert!(is_there(&lab, rare).await, "a quick function pushes out no other one's");
}

async fn a_key_answers_for_as_long_as_it_has_promised_whatever_the_retention_is(lab: Lab) {
    lab.work();
    let task = || repeatable::task("a".into()).valid_for(seconds(100));
    let first = lab.tasks.submit_unique("key", task()).await.expect("stored").id;
    lab.until_ended(first).await;
    let forgetful = Retention::forever().count(0).age(seconds(1));
    lab.clock.advance(seconds(99));
    assert_eq!(lab.tasks.prune(forgetful).await, Ok(0));
    let again = lab.tasks.submit_unique("key", task()).await.expect("stored");
    assert!(again.existing && again.id == first, "it does not run twice");
    lab.clock.advance(seconds(1));
    assert_eq!(lab.tasks.prune(forgetful).await, Ok(1));
}

async fn a_worker_removes_no_tasks_of_functions_that_it_does_not_have(lab: Lab) {
    let both = lab.worker();
    let foreign = lab.submit(anything::task("a".into())).await;
    let own = lab.submit(repeatable::task("b".into())).await;
    lab.until_ended(foreign).await;
    lab.until_ended(own).await;
    both.shutdown(seconds(1)).await;
    let worker = lab.tasks.worker().state(lab.stage.clone()).only("conformance::repeatable");
    let _worker = start(worker.retention(Retention::forever().age(seconds(5))));
    while is_there(&lab, own).await {
        lab.clock.advance(seconds(10));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(lab.info(foreign).await.state, State::Complete);
    assert_eq!(lab.tasks.counts().await.expect("counted").of(Phase::Complete), 1);
}
