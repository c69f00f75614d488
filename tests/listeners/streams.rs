//! Streams: bounded, never waited for, read in three ways.

use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use retry_runtime::events;

use super::{Bell, breaker};

#[test]
fn a_reader_that_is_behind_loses_the_oldest_events_and_is_told_how_many() {
    let (bell, mut stream) = (Bell::new("behind"), events::stream(3));
    bell.ring();
    for _ in 0..10 {
        bell.knock();
    }
    assert!(stream.dropped() >= 8, "11 events or more, 3 places: {stream:?}");
    assert_eq!(stream.len(), 3);
    while let Some(event) = stream.try_recv() {
        let oldest = breaker(&event) == Some("behind") && event.name() == "breaker.transition";
        assert!(!oldest, "it is gone: {event}");
    }
}

#[test]
fn a_stream_of_no_capacity_holds_one_event() {
    let (bell, stream) = (Bell::new("one"), events::stream(0));
    bell.ring();
    assert_eq!(stream.len(), 1);
}

#[test]
fn an_event_wakes_the_task_that_awaits_it() {
    let mut stream = events::stream(10_000);
    let reader = thread::spawn(move || {
        block_on(async {
            loop {
                let event = stream.recv().await;
                if breaker(&event) == Some("awaited") {
                    return event.name();
                }
            }
        })
    });
    Bell::new("awaited").ring();
    assert_eq!(reader.join().unwrap(), "breaker.transition");
}

#[test]
fn a_stream_is_a_stream_of_the_futures_crates() {
    use futures::StreamExt;

    let mut stream = events::stream(10_000);
    Bell::new("streamed").ring();
    let found =
        stream.by_ref().filter(|event| std::future::ready(breaker(event) == Some("streamed")));
    let event = block_on(std::pin::pin!(found).next()).unwrap();
    assert_eq!(event.name(), "breaker.transition");
}

#[test]
fn a_thread_that_blocks_gets_the_event_or_nothing_when_the_time_is_over() {
    let mut stream = events::stream(10_000);
    Bell::new("blocked").ring();
    let minute = Duration::from_secs(60);
    let found = std::iter::from_fn(|| stream.recv_timeout(minute))
        .find(|event| breaker(event) == Some("blocked"));
    assert!(found.is_some());
    while stream.recv_timeout(Duration::ZERO).is_some() {}
}
