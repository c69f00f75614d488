//! A console of a large program: what a look sends, and what it leaves out.

use std::time::Duration;

use retry_console::Snapshot;
use retry_runtime::{Backoff, Jitter, Policy};

use super::{Events, app, console, get};

const FUNCTIONS: u64 = 200;
const CALLS: u64 = 3_000;

/// Calls that wait for minutes.
async fn crowd() {
    // A budget that refuses makes such a call wait for longer.
    const PATIENT: Policy = Policy::new()
        .unlimited()
        .forever()
        .backoff(Backoff::Fixed)
        .jitter(Jitter::None)
        .base(Duration::from_secs(120))
        .cap(Duration::from_secs(300));
    for number in 0..CALLS {
        let name = format!("console::crowd_{:03}", number % FUNCTIONS);
        tokio::spawn(async move {
            let call = PATIENT.retrying_any(|_| async { Err::<(), _>("the host is down") });
            let _ = call.named(&name).await;
        });
    }
    while (retry_runtime::live::count() as u64) < CALLS {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_told_what_changed_and_not_every_call_that_waits() {
    crowd().await;
    let app = app(console().build().expect("a console"));
    let mut events = Events::open(&app, &[]).await;
    let whole = events.next().await.expect("a snapshot");
    let listed = whole.data["live"].as_array().expect("calls").len();
    assert!(listed <= Snapshot::MAX_LIVE, "{listed}");
    assert!(whole.data["live_total"].as_u64() >= Some(CALLS));

    let (mut looks, mut calls, mut functions) = (0, 0, 0);
    let told = async {
        while let Some(delta) = events.next().await {
            let len = |part: &str| delta.data[part].as_array().map_or(0, Vec::len);
            (looks, calls, functions) =
                (looks + 1, calls + len("live"), functions + len("functions"));
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(4), told).await;
    // Other tests of this process make some calls.
    assert!(calls <= 50, "{calls} calls in {looks} looks, of {listed} that wait");
    // The budgets of all functions refill, a tenth each six seconds.
    assert!(functions <= 2 * FUNCTIONS as usize, "{functions} functions in {looks} looks");

    let state = get(&app, "/api/snapshot").await.json();
    let waiting: u64 = state["functions"]
        .as_array()
        .expect("functions")
        .iter()
        .filter(|function| {
            function["name"].as_str().is_some_and(|it| it.starts_with("console::crowd_"))
        })
        .map(|function| function["waiting"].as_u64().expect("a count"))
        .sum();
    assert_eq!(
        waiting, CALLS,
        "each function counts its own calls, those that are not listed included"
    );
}
