//! The stream of changes, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream, StreamExt};

use crate::data::model::{Role, Snapshot};
use crate::live::feed::{Beginning, Feed, Update};

/// A comment comes after so long without a change, by which a page sees that the stream lives.
const COMMENT: Duration = Duration::from_secs(5);

pub(crate) fn stream(
    feed: &Arc<Feed>,
    headers: &HeaderMap,
    role: Role,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let (beginning, updates) = feed.subscribe(last);
    let first = match beginning {
        Beginning::Whole(state) => {
            let state = Snapshot { role, ..Snapshot::clone(&state) };
            let json = serde_json::to_string(&state).unwrap_or_default();
            vec![Event::default().event("snapshot").id(state.id.to_string()).data(json)]
        }
        Beginning::Changes(missed) => missed.iter().map(delta).collect(),
    };
    // The feed stays as long as its readers.
    let rest = stream::unfold((updates, Arc::clone(feed)), async |(mut updates, feed)| {
        // A reader that lags too far behind is disconnected: it begins again with a snapshot.
        let update = updates.recv().await.ok()?;
        Some((delta(&update), (updates, feed)))
    });
    let events = stream::iter(first).chain(rest).map(Ok);
    Sse::new(events).keep_alive(KeepAlive::new().interval(COMMENT).text("still here"))
}

fn delta(update: &Update) -> Event {
    Event::default().event("delta").id(update.id.to_string()).data(&*update.json)
}
