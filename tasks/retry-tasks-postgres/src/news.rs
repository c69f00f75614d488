//! The messages between programs that share the database, by `LISTEN` and `NOTIFY`: hints that a worker should look now. A
//! worker looks by itself after a while, so that nothing depends on them; behind a pooler such as PgBouncer in transaction
//! mode, where `LISTEN` does not work, tasks of other programs start at the next look.
//!
//! Notifications are sent after the commit, on the connection of the listener, and at most one every 20 ms: inside a transaction
//! a `NOTIFY` makes all commits of the database wait for each other (graphile/worker#552).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use retry_tasks::{StoreError, rows::News};
use tokio::sync::{Notify, mpsc};
use tokio_postgres::AsyncMessage;

use super::connect::{Settings, dial, runtime, warn};
use super::error::{other, told};

/// The least time between two notifications.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// The pause before a lost connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// The greatest number of cancelled tasks in one notification, whose text may have 8000 bytes.
const MOST: usize = 100;

type Hear = Arc<dyn Fn(News) + Send + Sync>;

/// News on their way to other programs, and the listener for theirs.
#[derive(Default)]
pub(crate) struct Exchange {
    outgoing: Mutex<News>,
    wake: Arc<Notify>,
    hear: Mutex<Option<Hear>>,
}

impl Exchange {
    /// Tells other programs, soon.
    pub(crate) fn tell(&self, news: News) {
        if !news.is_none() {
            self.outgoing.lock().unwrap_or_else(PoisonError::into_inner).add(news);
            self.wake.notify_one();
        }
    }

    /// Tells this program now, and others soon.
    pub(crate) fn tell_all(&self, news: News) {
        self.heard(news.clone());
        self.tell(news);
    }

    /// Passes the news of others to this function from now on.
    pub(crate) fn pass_to(&self, hear: Hear) {
        *self.hear.lock().unwrap_or_else(PoisonError::into_inner) = Some(hear);
    }

    fn take(&self) -> News {
        std::mem::take(&mut *self.outgoing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn heard(&self, news: News) {
        let hear = self.hear.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hear) = hear {
            hear(news);
        }
    }
}

impl Drop for Exchange {
    /// Lets the thread find out that nobody needs it.
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

/// Starts the thread that listens and notifies until the exchange is dropped.
pub(crate) fn start(settings: Arc<Settings>, exchange: &Arc<Exchange>) -> Result<(), StoreError> {
    let runtime = runtime()?;
    let (weak, wake) = (Arc::downgrade(exchange), Arc::clone(&exchange.wake));
    let run = move || {
        runtime.block_on(async {
            let mut is_told = false;
            while weak.strong_count() > 0 {
                match session(&settings, &weak, &wake).await {
                    Err(error) if !is_told => {
                        is_told = true;
                        warn("news of other programs are not heard for now", &told(&error));
                    }
                    _ => is_told = false,
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    };
    let thread = std::thread::Builder::new().name("retry-tasks-news".to_owned()).spawn(run);
    let failed =
        |error: std::io::Error| other(format!("cannot start a thread for the task store: {error}"));
    thread.map(drop).map_err(failed)
}

/// Listens and notifies until the connection or the exchange has ended.
async fn session(
    settings: &Settings,
    exchange: &Weak<Exchange>,
    wake: &Notify,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut wire) = dial(settings).await?;
    let (sender, mut messages) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = wire.message().await {
            if let AsyncMessage::Notification(notification) = message {
                let _ = sender.send(notification);
            }
        }
    });
    let own: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
    let channel = channel(&settings.schema);
    client.batch_execute(&format!("LISTEN {channel}")).await?;
    // There may have been news before.
    hear(exchange, News::claimable());
    loop {
        tokio::select! {
            notification = messages.recv() => match notification {
                Some(heard) if heard.process_id() != own => hear(exchange, read(heard.payload())),
                Some(_) => {}
                None => return Ok(()),
            },
            () = wake.notified() => {
                let Some(news) = exchange.upgrade().map(|exchange| exchange.take()) else { return Ok(()) };
                for payload in written(&news) {
                    client.batch_execute(&format!("NOTIFY {channel}, '{payload}'")).await?;
                }
                tokio::time::sleep(DEBOUNCE).await;
            }
        }
    }
}

/// The channel of a schema's news.
pub(crate) fn channel(schema: &str) -> String {
    format!("{schema}_news")
}

fn hear(exchange: &Weak<Exchange>, news: News) {
    if let Some(exchange) = exchange.upgrade() {
        exchange.heard(news);
    }
}

/// The texts of the notifications.
fn written(news: &News) -> Vec<String> {
    let cancelled = news
        .cancelled
        .chunks(MOST)
        .map(|ids| ids.iter().fold("cancelled".to_owned(), |text, id| format!("{text} {id}")));
    news.is_claimable.then(|| "due".to_owned()).into_iter().chain(cancelled).collect()
}

/// Reads the text of a notification. Anything else is a reason to look.
fn read(payload: &str) -> News {
    match payload.strip_prefix("cancelled ") {
        Some(ids) => News::cancelled(ids.split(' ').filter_map(|id| id.parse().ok()).collect()),
        None => News::claimable(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use retry_tasks::TaskId;

    #[test]
    fn news_are_read_as_they_were_written_whatever_their_number() {
        let cancelled: Vec<TaskId> = (0..250).map(|_| TaskId::unique()).collect();
        let mut news = News::cancelled(cancelled);
        news.add(News::claimable());
        let mut heard = News::default();
        for payload in written(&news) {
            assert!(payload.len() < 8000);
            heard.add(read(&payload));
        }
        assert_eq!(heard, news);
        assert!(written(&News::default()).is_empty());
    }
}
