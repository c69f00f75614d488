//! The state of all processes, renewed while somebody looks, and its changes for readers of the stream.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, broadcast};

use super::clock::Now;
use super::collect::{self, Known, Own};
use super::due::DueTasks;
use super::loops;
use super::memory::Memory;
use super::peers::Peers;
use crate::data::delta;
use crate::data::model::{News, Overview, Process, Role, Snapshot};

/// Requests get the state of the last look if it is not older: ten looks a second are enough.
const FRESH: Duration = Duration::from_millis(100);
/// For how long a request without a stream counts as somebody who watches.
const LINGER: Duration = Duration::from_secs(10);
/// The changes that a stream which was interrupted can catch up on.
const BACKLOG: usize = 100;
/// The changes by which a reader may lag behind before its stream ends.
const LAG: usize = 64;
/// For how long a reader waits for the counts of tasks.
const PATIENCE: Duration = Duration::from_millis(50);
/// The events that wait for the next look.
const EVENTS: usize = 4096;

/// A change, as it goes to all readers of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) id: u64,
    pub(crate) json: Arc<str>,
}

#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) process: Process,
    pub(crate) peers: Peers,
    memory: Mutex<Memory>,
    pub(crate) due: DueTasks,
    published: Mutex<Published>,
    updates: broadcast::Sender<Update>,
    is_started: AtomicBool,
    asked: Mutex<Option<Instant>>,
    pub(super) wake: Notify,
}

#[derive(Debug)]
struct Published {
    looked: Option<Instant>,
    state: Arc<Snapshot>,
    known: Known,
    backlog: VecDeque<Update>,
    events: Option<retry_runtime::events::Events>,
}

/// The beginning of a stream: the whole state, or the changes since the last one that the reader has seen.
pub(crate) enum Beginning {
    Whole(Arc<Snapshot>),
    Changes(Vec<Update>),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Feed {
    pub(crate) fn new(process: Process, peers: Peers, due: DueTasks) -> Arc<Self> {
        let state = Snapshot {
            // A page that goes on after a restart of the program must not take the changes of this run for those that it has
            // missed: the numbers of a later run are greater, since there are fewer than a thousand changes a second.
            id: Now::read().millis,
            now_at: 0,
            role: Role::View,
            processes: vec![process.clone()],
            overview: Overview::default(),
            functions: Vec::new(),
            live: Vec::new(),
            live_total: 0,
            breakers: Vec::new(),
            news: Vec::new(),
        };
        let published = Published {
            looked: None,
            state: Arc::new(state),
            known: Known::default(),
            backlog: VecDeque::new(),
            events: None,
        };
        Arc::new(Feed {
            process,
            peers,
            memory: Mutex::default(),
            due,
            published: Mutex::new(published),
            updates: broadcast::Sender::new(LAG),
            is_started: AtomicBool::new(false),
            asked: Mutex::default(),
            wake: Notify::new(),
        })
    }

    /// Starts the looks at this process, once, on the runtime of the first request. They end with the console.
    pub(crate) fn start(self: &Arc<Self>) {
        if self.is_started.swap(true, Ordering::Relaxed) {
            return;
        }
        tokio::spawn(loops::looks(Arc::downgrade(self)));
        tokio::spawn(loops::counts(Arc::downgrade(self)));
        if !self.peers.is_empty() {
            tokio::spawn(loops::pulls(Arc::downgrade(self)));
        }
    }

    /// Whether a stream is open or a request came a short time ago.
    pub(crate) fn is_watched(&self) -> bool {
        let asked = lock(&self.asked).is_some_and(|asked| asked.elapsed() < LINGER);
        asked || self.updates.receiver_count() > 0
    }

    /// Notes that somebody watches.
    fn watch(self: &Arc<Self>) {
        self.start();
        *lock(&self.asked) = Some(Instant::now());
        self.wake.notify_waiters();
    }

    /// Asks for the counts of tasks. Does not wait for a store that takes a while: the counts of a million tasks come with a
    /// later look.
    pub(crate) async fn count_tasks(self: &Arc<Self>) {
        let feed = Arc::clone(self);
        let counting = tokio::spawn(async move { feed.due.renew().await });
        let _ = tokio::time::timeout(PATIENCE, counting).await;
    }

    /// The state now.
    pub(crate) fn snapshot(self: &Arc<Self>) -> Arc<Snapshot> {
        self.watch();
        self.renew();
        Arc::clone(&lock(&self.published).state)
    }

    /// The state of this process alone, which a console of another process adds to its own.
    pub(crate) fn own_snapshot(self: &Arc<Self>) -> Snapshot {
        self.watch();
        let mut published = lock(&self.published);
        let (own, news, now) = self.look(&mut published);
        Snapshot { news, ..self.state_of(own, published.state.id, now) }
    }

    /// The beginning of a stream after the change `last`, and all further changes.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        last: Option<u64>,
    ) -> (Beginning, broadcast::Receiver<Update>) {
        self.watch();
        self.renew();
        let published = lock(&self.published);
        let updates = self.updates.subscribe();
        let current = published.state.id;
        let beginning = match last {
            Some(last) if last == current => Beginning::Changes(Vec::new()),
            Some(last)
                if published.backlog.front().is_some_and(|first| first.id <= last + 1)
                    && last < current =>
            {
                let missed = published.backlog.iter().filter(|update| update.id > last);
                Beginning::Changes(missed.cloned().collect())
            }
            _ => Beginning::Whole(Arc::clone(&published.state)),
        };
        (beginning, updates)
    }

    pub(crate) fn with_memory<T>(&self, read: impl FnOnce(&Memory) -> T) -> T {
        read(&lock(&self.memory))
    }

    /// Counts the calls of the last second, and looks for changes of breakers and of the configuration.
    pub(super) fn sample(&self, now: Now) {
        let (totals, modes) = (collect::totals(), collect::modes());
        let config = retry_config::current();
        let is_new = lock(&self.memory).configuration.is_new(&config);
        let settings = is_new.then(collect::settings);
        let mut memory = lock(&self.memory);
        memory.sampler.sample(now.millis, totals);
        for (breaker, mode) in modes {
            memory.see(&breaker, mode, now.millis);
        }
        if let Some(settings) = settings {
            memory.configuration.see(config, settings, now.millis);
        }
    }

    /// Takes the events since the last look.
    fn hear(&self, published: &mut Published, now: Now) {
        let events =
            published.events.get_or_insert_with(|| retry_runtime::events::stream_retries(EVENTS));
        let mut memory = lock(&self.memory);
        while let Some(event) = events.try_recv() {
            memory.tell(&event, &self.process.instance, now.millis);
        }
    }

    /// Looks at this process, unless that was done a moment ago.
    fn renew(&self) {
        if lock(&self.published).looked.is_none_or(|looked| looked.elapsed() > FRESH) {
            self.refresh();
        }
    }

    /// Looks at this process: its state and its news, the oldest first.
    fn look(&self, published: &mut Published) -> (Own, Vec<News>, Now) {
        let now = Now::read();
        self.hear(published, now);
        self.sample(now);
        let memory = lock(&self.memory);
        let mut own = collect::own(&self.process.instance, now, &mut published.known, &memory);
        let news = memory.all_news();
        drop(memory);
        if let Some((due, oldest)) = self.due.last(now.millis) {
            (own.overview.tasks_due, own.overview.oldest_due_ms) = (Some(due), oldest);
        }
        (own, news, now)
    }

    /// The state of this process as a snapshot, without news.
    fn state_of(&self, own: Own, id: u64, now: Now) -> Snapshot {
        Snapshot {
            id,
            now_at: now.millis,
            role: Role::View,
            processes: vec![self.process.clone()],
            overview: own.overview,
            functions: own.functions,
            live: own.live,
            live_total: own.live_total,
            breakers: own.breakers,
            news: Vec::new(),
        }
    }

    /// Looks at this process, adds the peers, and publishes the difference to the state before.
    pub(super) fn refresh(&self) {
        let mut published = lock(&self.published);
        published.looked = Some(Instant::now());
        let (own, mut news, now) = self.look(&mut published);
        let mut state = self.state_of(own, published.state.id + 1, now);
        self.peers.add_to(&mut state, &mut news);
        // The page shows the quantiles; the durations in full would be most of each message.
        state.functions.iter_mut().for_each(|function| function.latency = None);
        state.news = News::newest(news, Snapshot::MAX_NEWS);
        if let Some(delta) = delta::between(&published.state, &state) {
            let json = serde_json::to_string(&delta).unwrap_or_default().into();
            let update = Update { id: state.id, json };
            if published.backlog.len() == BACKLOG {
                published.backlog.pop_front();
            }
            published.backlog.push_back(update.clone());
            published.state = Arc::new(state);
            // An error says that nobody reads.
            let _ = self.updates.send(update);
        } else {
            let id = published.state.id;
            published.state = Arc::new(Snapshot { id, ..state });
        }
    }

    /// Notes that a worker was paused or goes on.
    #[cfg(feature = "tasks")]
    pub(crate) fn note_worker(&self, worker: &str, is_paused: bool) {
        let (event, text) = match is_paused {
            true => ("worker.paused", "claims no more tasks; attempts that run go on"),
            false => ("worker.resumed", "claims tasks again"),
        };
        lock(&self.memory).note(News {
            at: Now::read().millis,
            instance: self.process.instance.clone(),
            event: event.to_owned(),
            name: worker.to_owned(),
            text: format!("the worker {worker} {text}"),
        });
    }

    /// Stops listening to events, which calls that fail would pay for.
    pub(super) fn rest(&self) {
        lock(&self.published).events = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed() -> Arc<Feed> {
        let process = Process { instance: "me".into(), ..Process::default() };
        Feed::new(process, Peers::default(), DueTasks::default())
    }

    #[tokio::test]
    async fn a_stream_that_was_interrupted_goes_on_after_its_last_change() {
        let feed = feed();
        let Beginning::Whole(first) = feed.subscribe(None).0 else { panic!("no change is known") };
        assert!(
            matches!(feed.subscribe(Some(first.id)).0, Beginning::Changes(missed) if missed.is_empty())
        );
        feed.due.set(Some((3, Some(10))));
        feed.refresh();
        let Beginning::Changes(missed) = feed.subscribe(Some(first.id)).0 else {
            panic!("it is kept")
        };
        assert!(missed[0].json.contains("\"tasks_due\":3"), "{}", missed[0].json);
        assert!(
            matches!(feed.subscribe(Some(first.id + 1_000)).0, Beginning::Whole(_)),
            "of another run"
        );
    }

    #[tokio::test]
    async fn a_page_that_goes_on_after_a_restart_begins_with_the_whole_state() {
        let change = |feed: &Arc<Feed>, due| {
            feed.due.set(Some((due, None)));
            feed.refresh();
        };
        let former = feed();
        (0..5).for_each(|due| change(&former, due));
        let seen = lock(&former.published).state.id;
        while Now::read().millis <= seen {
            std::thread::yield_now();
        }
        let restarted = feed();
        for due in 0..10 {
            let beginning = restarted.subscribe(Some(seen)).0;
            assert!(matches!(beginning, Beginning::Whole(_)), "after {due} changes");
            change(&restarted, due);
        }
    }

    #[tokio::test]
    async fn a_reader_who_lags_too_far_behind_is_told_so() {
        let feed = feed();
        let (_, mut updates) = feed.subscribe(None);
        for due in 0..=LAG as u64 {
            feed.due.set(Some((due, None)));
            feed.refresh();
        }
        assert!(matches!(updates.recv().await, Err(broadcast::error::RecvError::Lagged(_))));
    }

    #[test]
    fn a_console_at_which_nobody_looks_listens_to_no_event() {
        let feed = feed();
        feed.sample(Now::read());
        assert!(lock(&feed.published).events.is_none());
        feed.refresh();
        assert!(lock(&feed.published).events.is_some());
        feed.rest();
        assert!(lock(&feed.published).events.is_none());
    }
}
