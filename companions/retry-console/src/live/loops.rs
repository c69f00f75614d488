//! The loops that keep the state current while somebody watches. They end with their console.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::clock::Now;
use super::feed::Feed;

/// The pause between two looks at this process while somebody watches: four a second.
const FRAME: Duration = Duration::from_millis(250);
/// A look may take this part of a core: the pause after it is that much longer.
const SHARE: u32 = 25;
/// How often this process is looked at while nobody watches, for the calls of each second and the modes of breakers.
const IDLE: Duration = Duration::from_secs(1);

/// Looks at this process as long as its console exists: once a second, and more often while somebody watches.
pub(super) async fn looks(feed: Weak<Feed>) {
    loop {
        let Some(feed) = feed.upgrade() else { return };
        let began = Instant::now();
        let pause = if feed.is_watched() {
            feed.refresh();
            FRAME.max(began.elapsed() * SHARE)
        } else {
            feed.rest();
            feed.sample(Now::read());
            IDLE.max(began.elapsed() * SHARE)
        };
        let wake = feed.wake.notified();
        let idle = !feed.is_watched();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Whoever begins to watch does not wait for the next second.
            () = wake, if idle => {}
        }
    }
}

/// Asks the peers once a second while somebody watches.
pub(super) async fn pulls(feed: Weak<Feed>) {
    loop {
        let Some(feed) = feed.upgrade() else { return };
        if feed.is_watched() {
            feed.peers.pull().await;
        }
        second(feed).await;
    }
}

/// Counts the tasks that are due, once a second while somebody watches. Apart from the looks, which a slow store must not
/// delay.
pub(super) async fn counts(feed: Weak<Feed>) {
    loop {
        let Some(feed) = feed.upgrade() else { return };
        if feed.is_watched() {
            feed.due.renew().await;
        }
        second(feed).await;
    }
}

/// Waits for a second, or until somebody begins to watch. Does not keep the console for longer.
async fn second(feed: Arc<Feed>) {
    let wake = feed.wake.notified();
    let idle = !feed.is_watched();
    tokio::select! {
        () = tokio::time::sleep(IDLE) => {}
        () = wake, if idle => {}
    }
}
