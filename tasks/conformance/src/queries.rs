//! Queries about tasks.

use retry_runtime::Kind;
use retry_tasks::{Filter, Format, Phase, TaskId, TaskInfo};

use crate::lab::{Lab, seconds};
use crate::stage::{Act, FAIL, once, repeatable, single};

crate::list! {
    tasks_are_listed_by_phase_and_name_in_pages
    [ManualTime] tasks_are_listed_by_age
    [ManualTime] a_task_under_an_identifier_of_the_caller_is_listed_by_the_time_of_its_submission
    the_schedule_has_the_tasks_to_come_in_the_order_of_their_times
    tasks_are_counted_by_state
    redacted_arguments_are_not_shown
    each_format_has_its_fields
    analytics_show_how_many_attempts_a_success_takes
    a_watch_returns_each_change_until_the_end
}

/// The tasks on a page, and the last of them when another page follows.
async fn list(lab: &Lab, filter: Filter) -> (Vec<TaskId>, Option<TaskId>) {
    let page = lab.tasks.list(filter, Format::Minimal).await.expect("listed");
    (page.tasks.iter().map(|info| info.id).collect(), page.next)
}

async fn tasks_are_listed_by_phase_and_name_in_pages(lab: Lab) {
    let mut ids = lab.submit_plays(0..7).await;
    let other = lab.submit(single::task("a".into())).await;
    lab.tasks.cancel(ids[3]).await.expect("it is pending");
    ids.reverse();

    let of_one = Filter::new().name("conformance::repeatable");
    assert_eq!(list(&lab, of_one.clone()).await, (ids.clone(), None), "the newest first");
    let first = list(&lab, of_one.clone().limit(3)).await;
    assert_eq!(first, (ids[..3].to_vec(), Some(ids[2])));
    let second = list(&lab, of_one.clone().limit(4).after(ids[2])).await;
    assert_eq!(second, (ids[3..].to_vec(), None));
    let cancelled = Filter::new().phase(Phase::Cancelled).name("conformance::*");
    assert_eq!(list(&lab, cancelled).await.0, [ids[3]]);
    let (all, _) = list(&lab, Filter::new().phase(Phase::Pending).phase(Phase::Cancelled)).await;
    assert_eq!((all.len(), all[0]), (8, other));
    let (part, _) = list(&lab, Filter::new().name("conformance::r")).await;
    assert_eq!(part, [], "a name is a whole name");
    assert_eq!(list(&lab, Filter::new().limit(0)).await.0.len(), 1);
}

async fn tasks_are_listed_by_age(lab: Lab) {
    let mut ids = Vec::new();
    for play in ["a", "b", "c"] {
        ids.extend(lab.submit_plays([play]).await);
        lab.clock.advance(seconds(60));
    }
    let second = lab.info(ids[1]).await.created_at.expect("told");
    assert_eq!(list(&lab, Filter::new().since(second)).await.0, [ids[2], ids[1]]);
    assert_eq!(list(&lab, Filter::new().until(second)).await.0, [ids[0]]);
    let between = Filter::new().since(second).until(second + seconds(60));
    assert_eq!(list(&lab, between).await.0, [ids[1]]);
}

async fn a_task_under_an_identifier_of_the_caller_is_listed_by_the_time_of_its_submission(
    lab: Lab,
) {
    let (now, minute) = (lab.clock.now(), seconds(60));
    // As made by a caller before it submitted, and by one whose clock is ahead.
    for made in [now.before(50 * minute), now + 23 * 60 * minute] {
        let id = TaskId::from_u128(u128::from(made.as_millis()) << 80 | 7 << 76 | 0b10 << 62);
        lab.submit(repeatable::task("a".into()).id(id)).await;
        let at = lab.info(id).await.created_at.expect("told");
        assert_eq!(list(&lab, Filter::new().since(at).until(at + minute)).await.0, [id]);
        lab.clock.advance(minute);
    }
}

async fn the_schedule_has_the_tasks_to_come_in_the_order_of_their_times(lab: Lab) {
    let mut ids = Vec::new();
    for minutes in [30, 10, 20, 40] {
        let task = repeatable::task("a".into()).delay(seconds(minutes * 60));
        ids.push(lab.submit(task).await);
    }
    let other = lab.submit(single::task("a".into()).delay(seconds(15 * 60))).await;
    // Due, and hence not to come; and one that will never be.
    lab.submit_plays(["b"]).await;
    lab.tasks.cancel(ids[3]).await.expect("it waits");
    let upcoming = async |limit| {
        let tasks = lab.tasks.upcoming(limit, Format::Standard).await.expect("listed");
        tasks.iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(upcoming(10).await, [ids[1], other, ids[2], ids[0]]);
    assert_eq!(upcoming(2).await, [ids[1], other]);
    assert_eq!(upcoming(0).await, []);
}

async fn tasks_are_counted_by_state(lab: Lab) {
    lab.stage.script("fails", &[Act::Fail(Kind::Permanent)]);
    lab.stage.script("waits", &[Act::Throttle(seconds(50))]);
    lab.stage.script("runs", &[Act::Hang]);
    let worker = lab.worker();
    for play in ["fails", "waits", "runs", "ends"] {
        let id = lab.submit(repeatable::task(play.into())).await;
        lab.until(id, |info| info.attempts().len() == 1).await;
        lab.until(id, |info| info.state.name() != "running" || play == "runs").await;
    }
    worker.abandon().await;
    let ids = lab.submit_plays(["later", "never"]).await;
    lab.tasks.cancel(ids[1]).await.expect("it is pending");
    let counts = lab.tasks.counts().await.expect("counted");
    assert_eq!(Phase::ALL.map(|phase| counts.of(phase)), [1; 6], "{counts:?}");
    assert_eq!(counts.total(), 6);
}

async fn redacted_arguments_are_not_shown(lab: Lab) {
    let id = lab.submit(once::task("a".into(), Some(4711))).await;
    let info = lab.info(id).await;
    let expected = serde_json::json!({ "play": "a", "secret": "<redacted>" });
    assert_eq!(info.arguments, Some(expected));
    let text = serde_json::to_string(&info).expect("serialised");
    assert!(!text.contains("4711"), "{text}");
}

async fn each_format_has_its_fields(lab: Lab) {
    let id = lab.run(&[]).await;
    lab.until_ended(id).await;
    let info = async |format| {
        let info = lab.tasks.info(id, format).await.expect("there");
        serde_json::to_value(&info).expect("serialised")
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
        lab.stage.script(play, &[FAIL; 4][..failures]);
    }
    lab.work();
    for id in lab.submit_plays(["a", "b", "c", "d"]).await {
        lab.play(id).await;
    }
    let name = Some("conformance::repeatable");
    let analytics = lab.tasks.analytics(name).await.expect("analysed");
    let share: Vec<_> = (1..=4).map(|attempt| analytics.success_within(attempt)).collect();
    assert_eq!(share, [Some(0.25), Some(0.75), Some(0.75), Some(0.75)]);
    assert_eq!(analytics.ended, 4);
    // 1 s, 1 s, and 1 s + 2 s + 4 s; the attempts take no time on this clock.
    assert!(analytics.mean_waiting == seconds(9) / 4 || !lab.is_manual());
    assert_eq!(lab.tasks.analytics(Some("nobody")).await.expect("analysed").ended, 0);
    assert_eq!(lab.tasks.analytics(None).await.expect("analysed"), analytics);
}

async fn a_watch_returns_each_change_until_the_end(lab: Lab) {
    let id = lab.given(&[]).await;
    let mut watch = lab.tasks.watch(id, Format::Full);
    let first = watch.next().await.expect("there").expect("news");
    assert_eq!(first.state.name(), "pending");
    lab.work();
    let mut last = first;
    while let Some(info) = watch.next().await.expect("there") {
        assert_ne!(info, last);
        last = info;
    }
    assert_eq!(last.state.name(), "complete");
}
