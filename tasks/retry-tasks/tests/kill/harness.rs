//! Worker processes that are killed at random, and an audit of their tasks afterwards.
//!
//! Every effect is a line in a ledger file, with the number of its process. When all tasks have ended, each must have had
//! its effect. A second effect is allowed only if the history shows that its attempt was lost: the process was killed, or
//! did not renew the lease in time.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use retry_runtime::{Class, Classify, Interruption, Kind, retryable};
use retry_tasks::{
    AttemptOutcome, Filter, Format, Phase, Retention, State, TaskAttempt, TaskInfo, Tasks,
};

type Failure = Box<dyn std::error::Error>;

/// The environment variable with the path of the ledger, by which a process knows that it is a worker.
pub(crate) const LEDGER: &str = "RETRY_TASKS_KILL_LEDGER";

/// The time that an attempt takes before its effect, and again after it.
const HALF: Duration = Duration::from_millis(4);

/// How long a lease is valid without a renewal.
const LEASE: Duration = Duration::from_millis(600);

#[derive(Debug)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("busy")
    }
}

impl Classify for Busy {
    fn classify(&self) -> Class {
        Class::new(Kind::Throttled).after(Duration::from_millis(30))
    }
}

impl From<Interruption> for Busy {
    fn from(_: Interruption) -> Self {
        Busy
    }
}

struct Ledger(PathBuf);

/// Fails once for a fifth of the numbers, with a hint. The audit counts repetitions, so they are allowed.
#[retryable(attempts = 100, base = "5ms", cap = "50ms", idempotent, budget = none, attempt = attempt,
    name = "kill::effect", task(state(ledger)))]
async fn effect(number: u32, ledger: &Ledger) -> Result<u32, Busy> {
    tokio::time::sleep(HALF).await;
    if number.is_multiple_of(5) && attempt.number() == 1 {
        return Err(Busy);
    }
    let line = format!("{number} {}\n", std::process::id());
    // One write to the end of the file: lines of several processes do not mix.
    let file = OpenOptions::new().append(true).create(true).open(&ledger.0);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the ledger can be written");
    tokio::time::sleep(HALF).await;
    Ok(number)
}

/// Runs a worker until its process is killed.
pub(crate) async fn child(tasks: Tasks, ledger: PathBuf) -> Result<(), Failure> {
    let worker = tasks
        .worker()
        .only("kill::effect")
        .state(Ledger(ledger))
        .in_flight(16)
        .lease(LEASE)
        .poll(Duration::from_millis(10))
        .retention(Retention::forever());
    let _worker = worker.start()?;
    std::future::pending().await
}

/// The settings of one round.
pub(crate) struct Round {
    pub(crate) tasks: u32,
    pub(crate) processes: usize,
    /// The shortest and the longest time between two kills, in milliseconds.
    pub(crate) pause: (u64, u64),
    pub(crate) seed: u64,
}

/// The results of one round.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) kills: usize,
    pub(crate) lost_attempts: usize,
    pub(crate) doubled: usize,
    /// Effects of lost attempts whose processes were not killed but stalled for as long as a lease.
    pub(crate) stalled: usize,
}

/// Submits the tasks, starts the processes, and kills one after the other until all tasks have ended. The last task is
/// submitted after the first kill, so that even a fast machine sees a kill. After a pause in which no task has ended, the
/// next one is twice as long, so that even a slow machine reaches the end. `spawn` makes the command of a process that
/// calls [`child`] with the same store; its environment gets [`LEDGER`].
pub(crate) async fn round(
    tasks: Tasks,
    folder: &Path,
    round: &Round,
    spawn: impl Fn() -> Command,
) -> Result<Books, Failure> {
    let ledger = folder.join("ledger");
    let last = round.tasks.saturating_sub(1);
    for number in 0..last {
        tasks.submit(effect::task(number)).await?;
    }
    let mut children = Children(Vec::new());
    let start = || spawn().env(LEDGER, &ledger).spawn();
    for _ in 0..round.processes {
        children.0.push(start()?);
    }
    let (mut killed, mut random) = (HashSet::new(), round.seed);
    let (mut longer, mut before) = (1, 0);
    loop {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (shortest, longest) = round.pause;
        let pause = shortest + (random >> 33) % (longest - shortest + 1);
        tokio::time::sleep(Duration::from_millis(pause) * longer).await;
        let counts = tasks.counts().await?;
        let ended = counts.of(Phase::Complete) + counts.of(Phase::Failed);
        if ended == u64::from(round.tasks) {
            break;
        }
        (longer, before) = (if ended == before { (longer * 2).min(64) } else { 1 }, ended);
        let victim = (random >> 20) as usize % children.0.len();
        let child = &mut children.0[victim];
        child.kill()?;
        child.wait()?;
        if killed.is_empty() {
            tasks.submit(effect::task(last)).await?;
        }
        killed.insert(child.id());
        children.0[victim] = start()?;
    }
    drop(children);
    audit(&tasks, &ledger, round.tasks, &killed).await
}

/// The child processes of this one; dropping this kills them.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // The process may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn audit(
    tasks: &Tasks,
    ledger: &Path,
    count: u32,
    killed: &HashSet<u32>,
) -> Result<Books, Failure> {
    let mut effects: HashMap<u32, Vec<u32>> = HashMap::new();
    for line in fs::read_to_string(ledger)?.lines() {
        let (number, process) = line.split_once(' ').ok_or("a line of the ledger is damaged")?;
        effects.entry(number.parse()?).or_default().push(process.parse()?);
    }
    let mut books = Books { kills: killed.len(), ..Books::default() };
    let (mut seen, mut filter) = (0, Filter::new().limit(500));
    loop {
        let page = tasks.list(filter.clone(), Format::Full).await?;
        for info in &page.tasks {
            seen += 1;
            balance(info, &effects, killed, &mut books)?;
        }
        match page.next {
            Some(next) => filter = filter.after(next),
            None => break,
        }
    }
    if seen != count {
        return Err(format!("{} of {count} tasks are gone", count - seen).into());
    }
    Ok(books)
}

/// Compares the effects of a task with its history.
fn balance(
    info: &TaskInfo,
    effects: &HashMap<u32, Vec<u32>>,
    killed: &HashSet<u32>,
    books: &mut Books,
) -> Result<(), Failure> {
    let number: u32 = serde_json::from_value(
        info.arguments.as_ref().map(|arguments| arguments["number"].clone()).unwrap_or_default(),
    )?;
    if info.state != State::Complete {
        return Err(format!("task {number} is {}: {:?}", info.state, info.last_error).into());
    }
    let had = effects.get(&number).map(Vec::as_slice).unwrap_or_default();
    if had.is_empty() {
        return Err(format!("task {number} is complete and had no effect").into());
    }
    let lost: Vec<_> =
        info.attempts().iter().filter(|it| it.outcome == AttemptOutcome::Lost).collect();
    let early = |it: &&&TaskAttempt| it.ended.is_none_or(|ended| ended.since(it.started) < LEASE);
    if let Some(early) = lost.iter().find(early) {
        return Err(
            format!("task {number} was taken before its lease had run out: {early:?}").into()
        );
    }
    books.lost_attempts += lost.len();
    books.doubled += had.len() - 1;
    let mut processes = had.to_vec();
    processes.sort_unstable();
    processes.dedup();
    for process in &processes {
        let worker = format!(" pid {process}");
        let of = |outcome| {
            let attempts = info.attempts().iter();
            attempts.filter(|it| it.worker.ends_with(&worker) && it.outcome == outcome).count()
        };
        let (succeeded, lost) = (of(AttemptOutcome::Succeeded), of(AttemptOutcome::Lost));
        let effects = had.iter().filter(|it| *it == process).count();
        if !killed.contains(process) && effects > succeeded {
            books.stalled += effects - succeeded;
        }
        if effects > succeeded + lost {
            return Err(format!(
                "task {number} had {effects} effects in process {process}, which no lost attempt explains: {info:?}"
            )
            .into());
        }
    }
    Ok(())
}
