//! Calls with a label: their counts, history and budget are told apart within their function.

use std::fmt;

use retry_runtime::{
    Policy, StopReason, budget_keys, clear, history, live, retryable, site, sites, stats,
};

use super::{Failure, ms};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Query,
    Subscribe,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[retryable(max = 1, base = "0s", label = operation, name = "labels::ask")]
fn ask(operation: Operation) -> Result<(), Failure> {
    if operation == Operation::Query { Ok(()) } else { Err(Failure::Refused) }
}

#[test]
fn each_label_has_counts_and_a_history_of_its_own_and_the_function_has_them_all() {
    for operation in [Operation::Query, Operation::Subscribe, Operation::Query] {
        let _ = ask(operation);
    }
    let of = |name: &str| stats(name).expect("known by its name");
    assert_eq!((of("labels::ask[Query]").calls(), of("labels::ask[Query]").failed), (2, 0));
    assert_eq!((of("labels::ask[Subscribe]").calls(), of("labels::ask[Subscribe]").failed), (1, 1));
    assert_eq!((of("labels::ask").calls(), of("labels::ask").failed), (3, 1));
    let past = history("labels::ask").expect("linked");
    assert_eq!(past.len(), 1);
    assert_eq!(past[0].report.name, "labels::ask[Subscribe]");
    assert_eq!(past[0].report.reason, StopReason::Exhausted);
    assert!(sites().all(|site| !site.name().contains('[')), "the list has functions only");
    assert_eq!(site("labels::ask").expect("linked").parts().len(), 2);
    assert!(clear("labels::ask"));
    assert_eq!(of("labels::ask[Subscribe]").calls(), 0);
}

#[retryable(max = 9, base = "0s", label = shard, name = "labels::shards")]
async fn of_shard(shard: u32) -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[tokio::test]
async fn one_label_s_outage_leaves_the_retries_of_the_others_alone() {
    for _ in 0..40 {
        let _ = of_shard(1).await;
    }
    let dead = stats("labels::shards[1]").expect("called").attempts;
    let _ = of_shard(2).await;
    let healthy = stats("labels::shards[2]").expect("called").attempts;
    assert!(
        healthy > 1,
        "the first failure of another shard is retried: {healthy} attempts, {dead} on the dead one"
    );
    assert_eq!(budget_keys("labels::shards").len(), 2);
}

#[retryable(max = 0, label = name, budget = none, name = "labels::many")]
fn many(name: &str) -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[test]
fn labels_from_outside_are_bounded_in_number_and_length() {
    for number in 0..200 {
        let _ = many(&format!("{number}{}", "x".repeat(9_000)));
    }
    let site = site("labels::many").expect("linked");
    let parts = site.parts();
    assert!(parts.len() <= 65, "{}", parts.len());
    assert!(parts.iter().all(|part| part.name().len() < 300));
    assert_eq!(site.stats().calls(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_call_is_listed_with_its_label() {
    let policy = Policy::new().max(1).base(ms(100)).jitter(retry_runtime::Jitter::None);
    let call = async {
        let call = policy.retrying(|_| async { Err::<(), _>(Failure::Refused) });
        call.named("labels::named").label(7).await
    };
    let mut call = std::pin::pin!(call);
    let waiting = std::future::poll_fn(|cx| {
        let _ = call.as_mut().poll(cx);
        std::task::Poll::Ready(live::calls())
    });
    let names: Vec<_> = waiting.await.iter().map(|call| call.name()).collect();
    assert!(names.contains(&"labels::named[7]"), "{names:?}");
}
