//! The warning for an empty budget.

use std::time::Duration;

use retry_runtime::{Classify, retryable};
use tokio::time::advance;

use super::capture::Capture;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[error("down")]
#[classify(transient)]
struct Down;

fn take_warnings(capture: &Capture) -> Vec<String> {
    capture.take().into_iter().filter(|line| line.contains("budget is spent")).collect()
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_is_warned_about_once_per_site_and_minute_with_a_remedy() {
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "warned::a")]
    async fn a() -> Result<u32, Down> {
        Err(Down)
    }
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "warned::b")]
    async fn b() -> Result<u32, Down> {
        Err(Down)
    }
    let capture = Capture::new(&["site", "message"]);
    let _listening = capture.listen();
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(
        take_warnings(&capture),
        [
            "WARN \"warned::a\" the retry budget is spent: 0 of 1 tokens left, a retry costs 1: failures are \
             returned without a retry until calls succeed again; `budget(capacity = …)` allows more retries, \
             `budget = none` turns it off"
        ]
    );
    b().await.unwrap_err();
    assert_eq!(take_warnings(&capture).len(), 1, "each site warns separately");
    advance(Duration::from_secs(59)).await;
    a().await.unwrap_err();
    assert_eq!(take_warnings(&capture).len(), 0);
    advance(Duration::from_secs(1)).await;
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(take_warnings(&capture).len(), 1);
}
