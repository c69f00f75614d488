//! Event streams: they are bounded, never block a call, and can be read in three ways.

use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use retry_runtime::events;

use super::{TestBreaker, breaker_of};

#[test]
fn a_slow_reader_loses_the_oldest_events_and_can_read_how_many() {
    let (breaker, mut stream) = (TestBreaker::new("behind"), events::stream(3));
    breaker.open();
    for _ in 0..10 {
        breaker.refuse();
    }
    assert!(stream.dropped() >= 8, "at least 11 events, capacity 3: {stream:?}");
    assert_eq!(stream.len(), 3);
    while let Some(event) = stream.try_recv() {
        let oldest = breaker_of(&event) == Some("behind") && event.name() == "breaker.transition";
        assert!(!oldest, "the oldest event is dropped: {event}");
    }
}

#[test]
fn a_stream_with_capacity_zero_holds_one_event() {
    let (breaker, stream) = (TestBreaker::new("one"), events::stream(0));
    breaker.open();
    assert_eq!(stream.len(), 1);
}

#[test]
fn an_event_wakes_the_task_that_awaits_it() {
    let mut stream = events::stream(10_000);
    let reader = thread::spawn(move || {
        block_on(async {
            loop {
                let event = stream.recv().await;
                if breaker_of(&event) == Some("awaited") {
                    return event.name();
                }
            }
        })
    });
    TestBreaker::new("awaited").open();
    assert_eq!(reader.join().unwrap(), "breaker.transition");
}

#[test]
fn a_stream_implements_the_futures_stream_trait() {
    use futures::StreamExt;

    let mut stream = events::stream(10_000);
    TestBreaker::new("streamed").open();
    let found =
        stream.by_ref().filter(|event| std::future::ready(breaker_of(event) == Some("streamed")));
    let event = block_on(std::pin::pin!(found).next()).unwrap();
    assert_eq!(event.name(), "breaker.transition");
}

#[test]
fn a_blocking_read_returns_an_event_or_nothing_after_the_timeout() {
    let mut stream = events::stream(10_000);
    TestBreaker::new("blocked").open();
    let minute = Duration::from_secs(60);
    let found = std::iter::from_fn(|| stream.recv_timeout(minute))
        .find(|event| breaker_of(event) == Some("blocked"));
    assert!(found.is_some());
    while stream.recv_timeout(Duration::ZERO).is_some() {}
}
