//! Background tasks: their states, the hand-over to the background, manual retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use retry_runtime::{Class, Classify, Kind, retryable};
use retry_tasks::{
    Answer, Clock, Format, ManualClock, State, TaskError, TaskId, TaskInfo, Tasks, Worker,
};
use serde_norway::Value;

use super::run;

#[derive(Debug)]
struct Trouble(Kind);

impl Classify for Trouble {
    fn classify(&self) -> Class {
        self.0.into()
    }
}

/// Makes up to three attempts; the first ones fail with the listed kinds.
#[retryable(attempts = 3, base = "0s", budget = none, attempt = attempt, task,
    name = "vectors::background::fails")]
async fn fails(kinds: Vec<Kind>) -> Result<u32, Trouble> {
    match kinds.get(attempt.number() as usize - 1) {
        Some(kind) => Err(Trouble(*kind)),
        None => Ok(attempt.number()),
    }
}

#[retryable(max = 0, on = any, task(state(stand)), name = "vectors::background::takes")]
async fn takes(time: Duration, stand: &Arc<Stand>) -> Result<String, String> {
    let end = stand.clock.sleep_until(stand.clock.now() + time);
    stand.started.store(true, Ordering::Relaxed);
    end.await;
    Ok("value".to_owned())
}

/// The clock that the body waits on, and whether the body is waiting already.
#[derive(Default)]
struct Stand {
    clock: Arc<ManualClock>,
    started: AtomicBool,
}

struct Lab {
    tasks: Tasks,
    stand: Arc<Stand>,
    _worker: Worker,
}

impl Lab {
    fn new() -> Self {
        let stand = Arc::new(Stand::default());
        let tasks = Tasks::memory_with(Arc::clone(&stand.clock) as Arc<dyn Clock>);
        let names = ["vectors::background::fails", "vectors::background::takes"];
        let worker = tasks.worker().state(Arc::clone(&stand)).only(names[0]).only(names[1]);
        let worker = worker.start().expect("it has the clock");
        Lab { tasks, stand, _worker: worker }
    }

    async fn ended(&self, id: TaskId) -> TaskInfo {
        let mut watch = self.tasks.watch(id, Format::Full);
        let mut last = None;
        while let Some(info) = watch.next().await.expect("the task is there") {
            last = Some(info);
        }
        last.expect("its end at least is news")
    }
}

/// BK-002: a task info with this status and these counters.
fn terminal(row: &Value) {
    let status = row[0].as_str().unwrap();
    let mut info = serde_json::json!({
        "id": TaskId::from_u128(1), "name": "a", "state": status, "can_retry": status == "failed",
        "retry_count": row[1].as_u64(), "max_retries": row[2].as_u64(),
    });
    if status == "failed" {
        info["reason"] = "permanent".into();
    }
    let info: TaskInfo = serde_json::from_value(info).unwrap();
    assert_eq!(Some(info.is_terminal()), row[3].as_bool(), "{info:?}");
}

/// BK-005: a body of this duration with a hand-over limit.
async fn hand_over(limit: u64, row: &Value) {
    let (lab, millis) = (Lab::new(), Duration::from_millis);
    let body = row[0].as_u64().unwrap();
    let call = lab.tasks.call_or_background(millis(limit), takes::task(millis(body)));
    let pass = async {
        while !lab.stand.started.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        lab.stand.clock.advance(millis(limit.min(body)));
    };
    let (answer, ()) = tokio::join!(call, pass);
    if row[1].as_str() == Some("complete with value") {
        assert_eq!(answer, Ok(Answer::Ready("value".to_owned())));
        return;
    }
    let Ok(Answer::Background(id)) = answer else { panic!("{answer:?}") };
    assert_eq!(lab.tasks.info(id, Format::Full).await.unwrap().state, State::Running);
    lab.stand.clock.advance(millis(body - limit));
    let info = lab.ended(id).await;
    assert_eq!((info.state, info.attempts().len()), (State::Complete, 1), "the same run went on");
}

/// BK-014: a manual retry after the given number of attempts and limit.
async fn retried(row: &Value) {
    let number = |index: usize| row[index].as_u64().unwrap();
    let lab = Lab::new();
    let mut kinds = vec![Kind::Transient; number(0) as usize];
    if number(0) < number(1) {
        *kinds.last_mut().unwrap() = Kind::Permanent;
    }
    let id = lab.tasks.submit(fails::task(kinds)).await.unwrap();
    let info = lab.ended(id).await;
    assert_eq!((info.attempts().len() as u64, info.max_retries), (number(0), Some(2)));
    lab.tasks.retry_once(id).await.unwrap();
    let info = lab.tasks.info(id, Format::Full).await.unwrap();
    assert_eq!(info.max_retries.map(|retries| u64::from(retries) + 1), Some(number(2)));
    assert!(info.attempts().len() as u64 >= number(0), "the history is kept");
}

/// BK-024: a complete task accepts no further records.
async fn complete() {
    let lab = Lab::new();
    let id = lab.tasks.submit(fails::task(Vec::new())).await.unwrap();
    lab.ended(id).await;
    let error = lab.tasks.cancel(id).await.unwrap_err();
    assert!(matches!(error, TaskError::Refused { state: State::Complete, .. }), "{error}");
    assert!(error.to_string().contains("it is complete"), "{error}");
}

#[test]
fn background_tasks_behave_as_in_the_cases_of_peers() {
    let text = include_str!("../../vectors/background.yaml");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    run(text, &[], |vector| {
        let rows = || vector["table"]["rows"].as_sequence().unwrap();
        match vector["id"].as_str().unwrap() {
            "BK-002" => rows().iter().for_each(terminal),
            "BK-005" => {
                let limit = vector["cfg"]["foreground_budget_ms"].as_u64().unwrap();
                rows().iter().for_each(|row| runtime.block_on(hand_over(limit, row)));
            }
            // Our name is `retry_once`; `retry` grants a full round.
            "BK-014" => rows().iter().for_each(|row| runtime.block_on(retried(row))),
            "BK-024" => runtime.block_on(complete()),
            other => panic!("{other} has no interpreter"),
        }
    });
}
