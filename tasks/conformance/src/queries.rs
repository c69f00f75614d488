//! Queries about tasks.

use retry_runtime::Kind;
use retry_tasks::{Filter, Format, Phase, Retention, State, TaskError, TaskId, TaskInfo};

use crate::lab::{Lab, seconds};
use crate::stage::{Act, once, repeatable, single};

crate::list! {
    tasks_are_listed_by_phase_and_name_in_pages
    tasks_are_listed_by_age
    tasks_are_counted_by_state
    redacted_arguments_are_not_shown
    each_format_has_its_fields
    analytics_show_how_many_attempts_a_success_takes
    ended_tasks_are_removed_by_age_and_count
    a_watch_returns_each_change_until_the_end
}

async fn tasks_are_listed_by_phase_and_name_in_pages(lab: Lab) {
    let mut ids: Vec<TaskId> = Vec::new();
    for play in 0..7 {
        ids.push(lab.tasks.submit(repeatable::task(play.to_string())).await.expect("stored"));
    }
    let other = lab.tasks.submit(single::task("a".into())).await.expect("stored");
    lab.tasks.cancel(ids[3]).await.expect("it is pending");
    ids.reverse();

    let list = |filter: Filter| {
        let tasks = lab.tasks.clone();
        async move {
            let page = tasks.list(filter, Format::Minimal).await.expect("listed");
            (page.tasks.iter().map(|info| info.id).collect::<Vec<_>>(), page.next)
        }
    };
    let of_one = Filter::new().name("conformance::repeatable");
    assert_eq!(list(of_one.clone()).await, (ids.clone(), None), "the newest first");
    let (first, next) = list(of_one.clone().limit(3)).await;
    assert_eq!((first, next), (ids[..3].to_vec(), Some(ids[2])));
    let (second, next) = list(of_one.clone().limit(4).after(ids[2])).await;
    assert_eq!((second, next), (ids[3..].to_vec(), None));
    let cancelled = Filter::new().phase(Phase::Cancelled).name("conformance::*");
    assert_eq!(list(cancelled).await.0, [ids[3]]);
    let (all, _) = list(Filter::new().phase(Phase::Pending).phase(Phase::Cancelled)).await;
    assert_eq!((all.len(), all[0]), (8, other));
    assert_eq!(list(Filter::new().name("conformance::r")).await.0, [], "a name is a whole name");
    assert_eq!(list(Filter::new().limit(0)).await.0.len(), 1);
}

async fn tasks_are_listed_by_age(lab: Lab) {
    let mut ids = Vec::new();
    for play in ["a", "b", "c"] {
        ids.push(lab.tasks.submit(repeatable::task(play.into())).await.expect("stored"));
        lab.clock.advance(seconds(60));
    }
    let second = lab.info(ids[1]).await.created_at.expect("told");
    let listed = async |filter: Filter| {
        let page = lab.tasks.list(filter, Format::Minimal).await.expect("listed");
        page.tasks.iter().map(|info| info.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(Filter::new().since(second)).await, [ids[2], ids[1]]);
    assert_eq!(listed(Filter::new().until(second)).await, [ids[0]]);
    let between = Filter::new().since(second).until(second + seconds(60));
    assert_eq!(listed(between).await, [ids[1]]);
}

async fn tasks_are_counted_by_state(lab: Lab) {
    lab.stage.script("fails", &[Act::Fail(Kind::Permanent)]);
    lab.stage.script("waits", &[Act::Fail(Kind::Transient)]);
    lab.stage.script("runs", &[Act::Hang]);
    let worker = lab.worker();
    for play in ["fails", "waits", "runs", "ends"] {
        let id = lab.tasks.submit(repeatable::task(play.into())).await.expect("stored");
        lab.until(id, |info| info.attempts().len() == 1).await;
        lab.until(id, |info| info.state.name() != "running" || play == "runs").await;
    }
    worker.abandon().await;
    lab.tasks.submit(repeatable::task("later".into())).await.expect("stored");
    let id = lab.tasks.submit(repeatable::task("never".into())).await.expect("stored");
    lab.tasks.cancel(id).await.expect("it is pending");
    let counts = lab.tasks.counts().await.expect("counted");
    assert_eq!(Phase::ALL.map(|phase| counts.of(phase)), [1; 6], "{counts:?}");
    assert_eq!(counts.total(), 6);
}

async fn redacted_arguments_are_not_shown(lab: Lab) {
    let id = lab.tasks.submit(once::task("a".into(), Some(4711))).await.expect("stored");
    let info = lab.info(id).await;
    let expected = serde_json::json!({ "play": "a", "secret": "<redacted>" });
    assert_eq!(info.arguments, Some(expected));
    let text = serde_json::to_string(&info).expect("serialised");
    assert!(!text.contains("4711"), "{text}");
}

async fn each_format_has_its_fields(lab: Lab) {
    let id = lab.tasks.submit(repeatable::task("a".into())).await.expect("stored");
    let _worker = lab.worker();
    lab.until_ended(id).await;
    let info = |format| {
        let tasks = lab.tasks.clone();
        async move {
            let info = tasks.info(id, format).await.expect("there");
            serde_json::to_value(&info).expect("serialised")
        }
    };
    let minimal = info(Format::Minimal).await;
    let expected = serde_json::json!({
        "id": id, "name": "conformance::repeatable", "state": "complete",
        "retry_count": 0, "max_retries": 3, "can_retry": false,
    });
    assert_eq!(minimal, expected);
    let standard = info(Format::Standard).await;
    assert_eq!(standard["result"], "a");
    assert!(standard.get("created_at").is_some() && standard.get("history").is_none());
    let full = info(Format::Full).await;
    assert_eq!(full["history"][0]["attempt"], 1);
    assert_eq!(full["arguments"]["play"], "a");
    let read: TaskInfo = serde_json::from_value(full).expect("read back");
    assert_eq!(read, lab.info(id).await);
}

async fn analytics_show_how_many_attempts_a_success_takes(lab: Lab) {
    for (play, failures) in [("a", 0), ("b", 1), ("c", 1), ("d", 4)] {
        lab.stage.script(play, &[Act::Fail(Kind::Transient); 4][..failures]);
    }
    let _worker = lab.worker();
    for play in ["a", "b", "c", "d"] {
        let id = lab.tasks.submit(repeatable::task(play.into())).await.expect("stored");
        lab.play(id).await;
    }
    let name = Some("conformance::repeatable");
    let analytics = lab.tasks.analytics(name).await.expect("analysed");
    let share: Vec<_> = (1..=4).map(|attempt| analytics.success_within(attempt)).collect();
    assert_eq!(share, [Some(0.25), Some(0.75), Some(0.75), Some(0.75)]);
    assert_eq!(analytics.ended, 4);
    // 1 s, 1 s, and 1 s + 2 s + 4 s; the attempts take no time on this clock.
    assert_eq!(analytics.mean_waiting, seconds(9) / 4);
    assert_eq!(lab.tasks.analytics(Some("nobody")).await.expect("analysed").ended, 0);
    assert_eq!(lab.tasks.analytics(None).await.expect("analysed"), analytics);
}

async fn ended_tasks_are_removed_by_age_and_count(lab: Lab) {
    let _worker = lab.worker();
    let mut ids = Vec::new();
    for play in 0..5 {
        let id = lab.tasks.submit(repeatable::task(play.to_string())).await.expect("stored");
        lab.until_ended(id).await;
        ids.push(id);
        lab.clock.advance(seconds(10));
    }
    let open = repeatable::task("open".into()).delay(seconds(86_400));
    let open = lab.tasks.submit(open).await.expect("stored");
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

async fn a_watch_returns_each_change_until_the_end(lab: Lab) {
    let id = lab.tasks.submit(repeatable::task("a".into())).await.expect("stored");
    let mut watch = lab.tasks.watch(id, Format::Full);
    let first = watch.next().await.expect("there").expect("news");
    assert_eq!(first.state.name(), "pending");
    let _worker = lab.worker();
    let mut last = first;
    while let Some(info) = watch.next().await.expect("there") {
        assert_ne!(info, last);
        last = info;
    }
    assert_eq!(last.state.name(), "complete");
}
