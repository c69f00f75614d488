//! Workers that are paused, and tasks that are removed by hand, on both stores of this crate.

use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{Counts, EventKind, Format, Phase, Tasks};
use tokio::sync::Semaphore;

use crate::folder::Folder;

/// Lets attempts end.
static GO: Semaphore = Semaphore::const_new(0);

#[retryable(max = 0, on = any, name = "paused::held", task)]
async fn held(number: u32) -> Result<u32, String> {
    GO.acquire().await.expect("never closed").forget();
    Ok(number)
}

#[retryable(max = 0, on = any, name = "paused::quick", task)]
async fn quick(fails: bool) -> Result<u32, String> {
    if fails { Err("down".into()) } else { Ok(1) }
}

async fn counts(tasks: &Tasks) -> Counts {
    tasks.counts().await.expect("the store answers")
}

/// Waits for an event of this kind.
async fn until(
    events: &mut tokio::sync::broadcast::Receiver<retry_tasks::Event>,
    wanted: fn(&EventKind) -> bool,
) {
    let found = async { while !wanted(&events.recv().await.expect("an event").kind) {} };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("it comes");
}

#[tokio::test]
async fn a_paused_worker_claims_nothing_and_its_running_attempt_ends() {
    let tasks = Tasks::memory();
    let mut events = tasks.events();
    let worker = tasks.worker().only("paused::held").in_flight(4).start().expect("a worker");
    let first = tasks.submit(held::task(1)).await.expect("stored");
    until(&mut events, |kind| matches!(kind, EventKind::Started { .. })).await;

    assert!(worker.pause() && worker.is_paused() && !worker.pause());
    let second = tasks.submit(held::task(2)).await.expect("stored");
    GO.add_permits(1);
    until(&mut events, |kind| *kind == EventKind::Completed).await;
    assert_eq!(tasks.result::<u32>(first).await, Ok(Some(1)));
    // Longer than the time between two searches.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let state = tasks.info(second, Format::Minimal).await.expect("it is there").state;
    assert_eq!(state.phase(), Phase::Pending);

    assert!(worker.resume() && !worker.is_paused());
    GO.add_permits(1);
    let result = tokio::time::timeout(Duration::from_secs(20), tasks.wait::<u32>(second)).await;
    assert_eq!(result.expect("the worker goes on"), Ok(2));
    worker.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn the_workers_of_a_store_are_listed_until_they_end() {
    let (tasks, others) = (Tasks::memory(), Tasks::memory());
    let worker =
        tasks.worker().name("one").in_flight(3).only("paused::quick").start().expect("it starts");
    let other = others.worker().only("paused::quick").start().expect("it starts");
    let [shown] = &tasks.clone().workers()[..] else { panic!("one worker serves the store") };
    assert_eq!(
        (shown.name(), shown.slots(), shown.functions()),
        ("one", 3, &["paused::quick"][..])
    );
    shown.pause();
    assert!(worker.is_paused() && !other.is_paused());
    worker.shutdown(Duration::ZERO).await;
    assert!(tasks.workers().is_empty() && others.workers().len() == 1);
    other.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn only_ended_tasks_are_removed_and_their_keys_are_free() {
    let folder = Folder::new();
    for tasks in [Tasks::memory(), Tasks::sqlite(folder.file("tasks.db")).expect("it opens")] {
        let worker = tasks.worker().only("paused::quick").start().expect("it starts");
        let mut ids = Vec::new();
        for fails in [false, true, true] {
            ids.push(tasks.submit(quick::task(fails)).await.expect("stored"));
        }
        let keyed = quick::task(false).valid_for(Duration::from_secs(600));
        let keyed = tasks.submit_unique("k", keyed).await.expect("stored").id;
        while counts(&tasks).await.complete + counts(&tasks).await.failed < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        worker.shutdown(Duration::from_secs(5)).await;
        let open = tasks.submit(quick::task(false)).await.expect("stored");
        ids.extend([open, keyed, ids[0]]);
        assert_eq!(tasks.remove(ids).await, Ok(4));
        assert_eq!((counts(&tasks).await.total(), counts(&tasks).await.pending), (1, 1));
        let again = tasks.submit_unique("k", quick::task(false)).await.expect("stored");
        assert!(!again.existing);
    }
}
