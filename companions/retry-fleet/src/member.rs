//! A process in its fleet: the thread between the breakers, the fleet and the transport.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use retry_runtime::BreakerRef;
use retry_runtime::breaker::{Link, Share, Stance, Turn, link, unlink};
use retry_runtime::control::{contained, lock, real_now};

use crate::fleet::Fleet;
use crate::order::{Order, Told};
use crate::transport::{Inbox, Transport};
use crate::word::{Instance, Word};

/// Connects the breakers of this process whose setting `share` has this name to those of other processes, until the member is
/// dropped. A thread named `retry-fleet` calls the transport.
///
/// The breakers of annotated functions are found by themselves; [`Member::add`] adds others.
///
/// ```
/// use retry_fleet::{Bus, join};
/// use retry_runtime::breaker::Share;
/// use retry_runtime::retryable;
///
/// static ORDERS: Share = Share::new("orders");
///
/// #[retryable(on = any, breaker("bank", share = ORDERS))]
/// fn charge(cents: u32) -> std::io::Result<u32> { Ok(cents) }
///
/// let bus = Bus::new(); // in a program with several processes: `Postgres::new("postgres://…")`
/// let member = join(ORDERS, bus.seat())?;
/// assert_eq!(charge(250)?, 250);
/// # drop(member);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// `AlreadyExists` if the share is connected in this process, or the error of starting a thread.
pub fn join(share: Share, transport: impl Transport) -> io::Result<Member> {
    let (jobs, work) = sync_channel(MOST_JOBS);
    let shared = Arc::new(Shared { has_left: AtomicBool::new(false), figures: Mutex::default() });
    let start = real_now();
    let added = Arc::new(Mutex::new(Vec::new()));
    let worker = Worker {
        share,
        transport: Box::new(transport),
        fleet: Fleet::new(Instance::fresh(), Duration::ZERO),
        start,
        added: Arc::clone(&added),
        shared: Arc::clone(&shared),
        turns: HashSet::new(),
    };
    let desk = Arc::new(Desk { jobs, shared: Arc::clone(&shared) });
    if !link(share, Arc::clone(&desk) as Arc<dyn Link>) {
        let text = format!("the share `{share}` is connected already: drop its member first");
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    let inbox = Inbox::new(share, {
        let desk = Arc::downgrade(&desk);
        move |word| {
            let Some(desk) = desk.upgrade() else { return false };
            // A word is lost where thousands wait: it will be said again.
            let _ = desk.jobs.try_send(Job::Heard(word));
            true
        }
    });
    let thread = thread::Builder::new().name("retry-fleet".to_owned());
    if let Err(error) = thread.spawn(move || worker.run(&work, inbox)) {
        unlink(share);
        return Err(error);
    }
    Ok(Member { share, desk, added, shared })
}

/// The jobs that may wait for the thread; more are dropped.
const MOST_JOBS: usize = 8192;

/// This process in a fleet, from [`join`] until it is dropped: it leaves then, and its breakers are local.
///
/// ```
/// use retry_fleet::{Bus, join};
/// use retry_runtime::breaker::Share;
///
/// const SHARE: Share = Share::new("docs::member");
///
/// let member = join(SHARE, Bus::new().seat())?;
/// assert!(join(SHARE, Bus::new().seat()).is_err()); // it is connected already
/// drop(member);
/// assert!(join(SHARE, Bus::new().seat()).is_ok());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the process leaves the fleet when the member is dropped"]
pub struct Member {
    share: Share,
    desk: Arc<Desk>,
    added: Arc<Mutex<Vec<BreakerRef>>>,
    shared: Arc<Shared>,
}

/// A look at a fleet from one process.
///
/// ```
/// use retry_fleet::{Bus, Figures, join};
/// use retry_runtime::breaker::Share;
///
/// let member = join(Share::new("docs::figures"), Bus::new().seat())?;
/// let Figures { instances, is_connected, .. } = member.figures();
/// println!("{instances} processes, the transport works: {is_connected}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// The processes seen in the last minute, this one included.
    pub instances: usize,
    /// Whether the last word could be sent.
    pub is_connected: bool,
    /// The turns to probe that this process was given.
    pub turns: u64,
}

impl Member {
    /// Lets a breaker take part that no annotated function has: a static of the program, or one in an `Arc`. Only breakers whose
    /// setting `share` has the name of this share take part.
    ///
    /// ```
    /// use retry_fleet::{Bus, join};
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Share};
    ///
    /// const SHARE: Share = Share::new("docs::add");
    /// static BANK: Breaker = Breaker::new("bank", BreakerSettings::new().share(SHARE));
    ///
    /// let member = join(SHARE, Bus::new().seat())?;
    /// member.add(&BANK);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn add(&self, breaker: impl Into<BreakerRef>) {
        lock(&self.added).push(breaker.into());
    }

    /// The fleet as this process sees it.
    pub fn figures(&self) -> Figures {
        *lock(&self.shared.figures)
    }

    /// The name of the share.
    pub fn share(&self) -> Share {
        self.share
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        unlink(self.share);
        self.shared.has_left.store(true, Ordering::Relaxed);
        // Wakes the thread, which may wait for long.
        let _ = self.desk.jobs.try_send(Job::Leave);
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("share", &self.share).finish_non_exhaustive()
    }
}

struct Shared {
    has_left: AtomicBool,
    figures: Mutex<Figures>,
}

/// Where breakers and transports leave jobs for the thread, without waiting.
struct Desk {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
}

enum Job {
    Changed(String, Stance),
    Ask(String),
    Heard(Word),
    Leave,
}

impl Link for Desk {
    fn changed(&self, breaker: &str, stance: Stance) {
        let _ = self.jobs.try_send(Job::Changed(breaker.to_owned(), stance));
    }

    fn ask(&self, breaker: &str) -> bool {
        // Nobody needs to wait for a transport that did not take the last word.
        let is_connected = lock(&self.shared.figures).is_connected;
        is_connected && self.jobs.try_send(Job::Ask(breaker.to_owned())).is_ok()
    }
}

/// The thread's side.
struct Worker {
    share: Share,
    transport: Box<dyn Transport>,
    fleet: Fleet,
    start: Instant,
    added: Arc<Mutex<Vec<BreakerRef>>>,
    shared: Arc<Shared>,
    /// The turns to probe that this process has.
    turns: HashSet<String>,
}

impl Worker {
    fn run(mut self, work: &Receiver<Job>, inbox: Inbox) {
        let listens = contained(|| self.transport.listen(inbox)).is_some();
        while listens && !self.shared.has_left.load(Ordering::Relaxed) {
            let now = self.now();
            for word in self.fleet.due(now) {
                self.publish(&word);
            }
            let told = self.fleet.review(now);
            self.obey(told);
            lock(&self.shared.figures).instances = self.fleet.instances(now);
            match work.recv_timeout(self.fleet.next().saturating_sub(self.now())) {
                Ok(job) => self.work(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        for breaker in std::mem::take(&mut self.turns) {
            contained(|| self.transport.release(&breaker));
        }
        let last = self.fleet.leave();
        self.publish(&last);
        let transport = self.transport;
        contained(move || drop(transport));
    }

    fn now(&self) -> Duration {
        real_now().saturating_duration_since(self.start)
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Changed(breaker, stance) => {
                if stance != Stance::Probing {
                    self.give_back(&breaker);
                }
                let (word, told) = self.fleet.stand(self.now(), &breaker, stance);
                if let Some(word) = word {
                    self.publish(&word);
                }
                self.obey(told);
            }
            Job::Ask(breaker) => self.ask(&breaker),
            Job::Heard(word) => {
                let told = self.fleet.hear(self.now(), &word);
                self.obey(told);
            }
            Job::Leave => {}
        }
    }

    fn publish(&mut self, word: &Word) {
        let sent = contained(|| self.transport.publish(word));
        let is_connected = matches!(sent, Some(Ok(())));
        lock(&self.shared.figures).is_connected = is_connected;
        if !is_connected {
            self.fleet.repeat(self.now());
        }
    }

    /// Asks for the turn to probe, and passes the answer on.
    fn ask(&mut self, name: &str) {
        let breakers = self.find(name);
        let Some(first) = breakers.first() else { return };
        // A period of probes rarely takes longer than one that hangs.
        let hold = first.settings().probe_timeout.saturating_mul(2);
        let turn = match contained(|| self.transport.probe(name, hold)) {
            Some(Ok(true)) => {
                self.turns.insert(name.to_owned());
                lock(&self.shared.figures).turns += 1;
                Turn::Mine
            }
            Some(Ok(false)) => Turn::Others(Duration::ZERO),
            Some(Err(_)) | None => Turn::Local,
        };
        let mut is_taken = false;
        for breaker in &breakers {
            is_taken |= contained(|| breaker.turn(turn)).unwrap_or(false);
        }
        if !is_taken {
            self.give_back(name);
        }
    }

    fn give_back(&mut self, breaker: &str) {
        if self.turns.remove(breaker) {
            contained(|| self.transport.release(breaker));
        }
    }

    /// Gives orders to breakers. They tell observers of events, which are foreign code.
    fn obey(&self, told: Vec<Told>) {
        for Told { breaker, order } in told {
            for breaker in self.find(&breaker) {
                contained(|| match order {
                    Order::Follow => breaker.follow(),
                    Order::PutOff => breaker.put_off(),
                    Order::Hasten => breaker.hasten(),
                    Order::Lean(part) => breaker.lean(part),
                });
            }
        }
    }

    /// The breakers of this name that have this share.
    fn find(&self, name: &str) -> Vec<BreakerRef> {
        let mut found: Vec<BreakerRef> =
            lock(&self.added).iter().filter(|breaker| breaker.name() == name).cloned().collect();
        if found.is_empty() {
            found.extend(retry_runtime::breaker(name));
        }
        found.retain(|breaker| breaker.settings().share == Some(self.share));
        found
    }
}
