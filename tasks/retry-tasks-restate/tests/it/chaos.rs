//! A fleet of three workers on a cluster of three nodes, which are killed in turns.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use retry_runtime::retryable;
use retry_tasks::{AttemptOutcome, Format, State, TaskId, Tasks};
use retry_tasks_restate::Restate;

use crate::cluster::{Cluster, balance};
use crate::process::Process;
use crate::server::{folder, free_ports};

const TASKS: u32 = 250;

/// The time between two submissions.
const PACE: Duration = Duration::from_millis(200);

/// The time limit for everything.
const LIMIT: Duration = Duration::from_secs(240);

/// The environment of a worker's process: the URLs of the nodes, separated by commas, its own address, and the URL of the fleet.
const VARIABLES: [&str; 4] = ["CHAOS_INGRESS", "CHAOS_ADMIN", "CHAOS_LISTEN", "CHAOS_ADVERTISE"];

/// Takes effect: the file gets a line. The attempt goes on for a second.
#[retryable(on = any, max = 20, base = "100ms", cap = "1s", idempotent, budget = none, attempt = attempt,
    name = "chaos::charge", task)]
async fn charge(file: String, account: u32) -> Result<u32, String> {
    let line = format!("{account} {}\n", attempt.number());
    let mut file = std::fs::File::options().append(true).open(&file).map_err(|e| e.to_string())?;
    file.write_all(line.as_bytes()).map_err(|error| error.to_string())?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(account)
}

/// The body of a worker's process; no test.
#[tokio::test]
#[ignore = "a process of another test"]
async fn worker_process() {
    let [ingress, admin, listen, advertise] =
        VARIABLES.map(|name| std::env::var(name).expect("set"));
    let restate = Restate::new(ingress.split(',')).admin(admin.split(','));
    let tasks = restate.listen(listen).advertise(advertise).open().await.expect("opened");
    let _worker = tasks.worker().only("chaos::charge").start().expect("started");
    std::future::pending::<()>().await;
}

/// Three workers behind one URL. One that ends is started again.
struct Fleet {
    ports: [u16; 3],
    workers: [Option<Process>; 3],
    urls: [String; 2],
    advertise: String,
}

impl Fleet {
    async fn start(cluster: &Cluster) -> Self {
        let ports = free_ports();
        let (urls, advertise) = (cluster.urls().map(|urls| urls.join(",")), balance(ports).await);
        let mut fleet = Fleet { ports, workers: [const { None }; 3], urls, advertise };
        fleet.supervise();
        fleet
    }

    /// Starts the workers that are not running.
    fn supervise(&mut self) {
        for (port, worker) in self.ports.iter().zip(&mut self.workers) {
            if worker.as_mut().is_none_or(Process::has_ended) {
                let [ingress, admin] = self.urls.clone();
                let values = [ingress, admin, format!("127.0.0.1:{port}"), self.advertise.clone()];
                let variables = VARIABLES.into_iter().zip(values);
                *worker = Some(Process::start("chaos::worker_process", variables));
            }
        }
    }

    async fn supervise_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.supervise();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Submits the tasks at their pace. A submission is repeated under its identifier until its reply arrives.
async fn submit(tasks: Tasks, file: String, ids: Vec<TaskId>) {
    for (id, account) in ids.into_iter().zip(0..) {
        while tasks.submit(charge::task(file.clone(), account).id(id)).await.is_err() {
            tokio::time::sleep(PACE).await;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// The effects: which attempts of which accounts.
fn effects(file: &Path) -> Vec<(u32, u32)> {
    let text = std::fs::read_to_string(file).expect("noted");
    let numbers = |line: &str| -> Option<(u32, u32)> {
        let (account, attempt) = line.split_once(' ')?;
        Some((account.parse().ok()?, attempt.parse().ok()?))
    };
    text.lines().map(|line| numbers(line).expect("two numbers")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_loses_no_task_and_explains_each_doubled_effect_when_workers_and_nodes_are_killed()
{
    if std::env::var("CASE").is_ok_and(|case| case != "all" && case != "chaos") {
        println!(
            "skipped: `CASE=all` kills workers and nodes of a cluster for a minute and a half"
        );
        return;
    }
    let _machine = crate::MACHINE.lock().await;
    let Some(mut cluster) = Cluster::start().await else { return };
    let (started, folder) = (Instant::now(), folder());
    let mut fleet = Fleet::start(&cluster).await;
    let [ingress, admin] = cluster.urls();
    let tasks = Restate::new(ingress).admin(admin).open().await.expect("opened");
    let ids: Vec<TaskId> = (0..TASKS).map(|_| TaskId::unique()).collect();
    let file = folder.join("effects");
    std::fs::write(&file, "").expect("written");
    let text = file.to_str().expect("a text").to_owned();
    let submission = tokio::spawn(submit(tasks.clone(), text, ids.clone()));

    let mut kills = [0, 0];
    while !submission.is_finished() {
        assert!(started.elapsed() < LIMIT, "the submissions do not end");
        let number = kills[1] % 3;
        for worker in [number, (number + 1) % 3] {
            fleet.supervise_for(Duration::from_secs(3)).await;
            fleet.workers[worker] = None;
            kills[0] += 1;
        }
        fleet.supervise_for(Duration::from_secs(2)).await;
        cluster.kill(number);
        kills[1] += 1;
        fleet.supervise_for(Duration::from_secs(4)).await;
        cluster.restart(number);
        fleet.supervise_for(Duration::from_secs(5)).await;
    }
    submission.await.expect("submitted");

    let (mut histories, mut states) = (HashMap::new(), Vec::new());
    for (id, account) in ids.into_iter().zip(0..) {
        let info = loop {
            fleet.supervise();
            let info = tasks.info(id, Format::Full).await;
            match info {
                Ok(info) if info.state.is_ended() => break info,
                _ => assert!(started.elapsed() < LIMIT, "{account} does not end: {info:?}"),
            }
            tokio::time::sleep(PACE).await;
        };
        let outcomes = info.attempts().iter().map(|it| (it.attempt, it.outcome));
        histories.insert(account, outcomes.collect::<HashMap<_, _>>());
        states.push(info.state);
    }
    let effects = effects(&file);
    let lost = |outcome: &&AttemptOutcome| **outcome == AttemptOutcome::Lost;
    let losses = histories.values().flat_map(HashMap::values).filter(lost).count();
    println!(
        "{TASKS} tasks, {} effects, {losses} lost attempts, {} workers and {} nodes killed, {:.0} s",
        effects.len(),
        kills[0],
        kills[1],
        started.elapsed().as_secs_f64()
    );
    let _ = std::fs::remove_dir_all(&folder);
    assert!(kills[1] >= 3 && losses > 0, "each node was killed, and attempts with the workers");
    assert!(states.iter().all(|state| *state == State::Complete), "no task is lost: {states:?}");
    let accounts: HashSet<u32> = effects.iter().map(|(account, _)| *account).collect();
    assert_eq!(accounts.len(), TASKS as usize, "each task has taken effect");
    let different: HashSet<_> = effects.iter().collect();
    assert_eq!(different.len(), effects.len(), "an attempt takes effect once");
    for (account, attempt) in effects {
        let outcome = histories[&account].get(&attempt);
        let is_explained =
            matches!(outcome, Some(AttemptOutcome::Succeeded | AttemptOutcome::Lost));
        assert!(is_explained, "the effect of attempt {attempt} of {account}: {outcome:?}");
    }
}
