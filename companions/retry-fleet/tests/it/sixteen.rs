//! Sixteen processes with a dependency on loopback, over a server of their own: beside sixteen that share nothing.
//!
//! The test takes a minute, so it runs over one transport: PostgreSQL, or Redis where PostgreSQL is not installed or the variable
//! `CASE` is `redis`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use retry_fleet::{Member, Postgres, Redis, join};
use retry_runtime::breaker::{Mode, Share};
use retry_runtime::retryable;

use super::redis_server::{self, RedisServer};
use super::server::{self, Server};

const PROCESSES: usize = 16;
const PORT: &str = "RETRY_FLEET_PORT";
const SERVER: &str = "RETRY_FLEET_SERVER";
const PAUSE: &str = "RETRY_FLEET_PAUSE";

const FLEET: Share = Share::new("sixteen");

/// A call of the dependency, which says whether it is a probe.
#[retryable(
    on = any,
    max = 0,
    budget = none,
    breaker("bank", consecutive = 5, open = "1s", open_max = "4s", share = FLEET)
)]
fn call(port: u16) -> io::Result<()> {
    let is_probe = retry_runtime::breaker("bank").is_some_and(|it| it.mode() == Mode::HalfOpen);
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(if is_probe { b"p" } else { b"c" })?;
    stream.read_exact(&mut [0])
}

/// One of the processes: calls the dependency and prints each change of its breaker, until its input ends.
#[test]
fn process() {
    let Ok(port) = std::env::var(PORT) else { return };
    let port = port.parse().unwrap();
    let pause = Duration::from_millis(std::env::var(PAUSE).unwrap().parse().unwrap());
    let member = std::env::var(SERVER).ok().map(|url| member(&url));
    let has_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&has_ended);
    std::thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        ended.store(true, SeqCst);
    });
    let mut last = String::new();
    while !has_ended.load(SeqCst) {
        let _ = call(port);
        let mode = retry_runtime::breaker("bank").map_or(Mode::Closed, |breaker| breaker.mode());
        let known = member.as_ref().map_or(0, |member| member.figures().instances);
        let line = format!("process {known} {mode}");
        if line != last {
            println!("\n{line}");
            last = line;
        }
        std::thread::sleep(pause);
    }
}

fn member(url: &str) -> Member {
    match url.starts_with("redis") {
        true => join(FLEET, Redis::new(url).unwrap()).unwrap(),
        false => join(FLEET, Postgres::new(url).unwrap()).unwrap(),
    }
}

/// The server that carries the words.
enum Between {
    Postgres(Server),
    Redis(RedisServer),
}

impl Between {
    fn start() -> Option<Self> {
        let postgres = || server::server().map(Between::Postgres);
        let redis = || redis_server::server().map(Between::Redis);
        match std::env::var("CASE").is_ok_and(|case| case == "redis") {
            true => redis(),
            false => postgres().or_else(redis),
        }
    }

    fn url(&self) -> String {
        match self {
            Between::Postgres(server) => server.url(),
            Between::Redis(server) => server.url(),
        }
    }

    fn crash(&mut self) {
        match self {
            Between::Postgres(server) => server.crash(),
            Between::Redis(server) => server.crash(),
        }
    }
}

/// The dependency, on a port of its own.
#[derive(Default)]
struct Dependency {
    is_down: AtomicBool,
    calls: AtomicU64,
    probes: AtomicU64,
    probing: AtomicU64,
    most_probing: AtomicU64,
}

impl Dependency {
    fn start() -> (Arc<Self>, u16) {
        let dependency = Arc::new(Dependency::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = Arc::clone(&dependency);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || served.serve(stream));
            }
        });
        (dependency, port)
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut kind = [0];
        if stream.read_exact(&mut kind).is_err() {
            return;
        }
        self.calls.fetch_add(1, SeqCst);
        let is_probe = kind == *b"p";
        if is_probe {
            self.probes.fetch_add(1, SeqCst);
            let now = self.probing.fetch_add(1, SeqCst) + 1;
            self.most_probing.fetch_max(now, SeqCst);
        }
        std::thread::sleep(Duration::from_millis(20));
        if is_probe {
            self.probing.fetch_sub(1, SeqCst);
        }
        if !self.is_down.load(SeqCst) {
            let _ = stream.write_all(b"k");
        }
    }
}

/// The sixteen, and what each printed last.
struct Fleet {
    children: Vec<Child>,
    last: Arc<Mutex<Vec<String>>>,
}

impl Fleet {
    fn start(port: u16, server: Option<&str>) -> Fleet {
        let last = Arc::new(Mutex::new(vec![String::new(); PROCESSES]));
        let child = |number: usize| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["sixteen::process", "--exact", "--nocapture", "--test-threads=1"]);
            // Half of them call five times a second, the others once.
            command.env(PAUSE, if number % 2 == 0 { "200" } else { "1000" });
            command.env(PORT, port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
            if let Some(server) = server {
                command.env(SERVER, server);
            }
            let mut child = command.spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let last = Arc::clone(&last);
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    if line.starts_with("process") {
                        last.lock().unwrap()[number] = line;
                    }
                }
            });
            child
        };
        let children = (0..PROCESSES).map(child).collect();
        Fleet { children, last }
    }

    /// Waits until this is so of every process, and returns how long that took.
    fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> Duration {
        let start = Instant::now();
        while !self.last.lock().unwrap().iter().all(|line| is_so(line)) {
            let lines = self.last.lock().unwrap().clone();
            assert!(start.elapsed() < Duration::from_secs(90), "{what}: {lines:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        start.elapsed()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.stdin.take());
        }
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// The figures of one outage.
#[derive(Debug)]
#[allow(dead_code, reason = "they are printed")]
struct Outage {
    /// From the failure of the dependency.
    until_all_were_open: Duration,
    calls_until_then: u64,
    /// In the eight seconds after that.
    probes_while_it_was_down: u64,
    most_probes_at_a_time: u64,
    /// From the recovery of the dependency.
    until_all_were_closed: Duration,
}

fn outage(fleet: &Fleet, dependency: &Dependency) -> Outage {
    let calls = || dependency.calls.load(SeqCst);
    dependency.most_probing.store(0, SeqCst);
    dependency.is_down.store(true, SeqCst);
    let before = calls();
    let until_all_were_open = fleet.until("all open", |line| !line.ends_with(" closed"));
    let calls_until_then = calls() - before;
    let before = dependency.probes.load(SeqCst);
    std::thread::sleep(Duration::from_secs(8));
    let probes_while_it_was_down = dependency.probes.load(SeqCst) - before;
    let most_probes_at_a_time = dependency.most_probing.load(SeqCst);
    dependency.is_down.store(false, SeqCst);
    let until_all_were_closed = fleet.until("all closed", |line| line.ends_with(" closed"));
    Outage {
        until_all_were_open,
        calls_until_then,
        probes_while_it_was_down,
        most_probes_at_a_time,
        until_all_were_closed,
    }
}

#[test]
fn sixteen_processes_open_together_probe_in_turn_and_are_local_without_the_server() {
    let Some(mut between) = Between::start() else { return };
    let (dependency, port) = Dependency::start();
    let alone = {
        let fleet = Fleet::start(port, None);
        fleet.until("all closed", |line| line.ends_with(" closed"));
        outage(&fleet, &dependency)
    };
    let fleet = Fleet::start(port, Some(&between.url()));
    fleet.until("all known", |line| line == format!("process {PROCESSES} closed"));
    // Each listens for three seconds before it follows others.
    std::thread::sleep(Duration::from_secs(3));
    let together = outage(&fleet, &dependency);
    between.crash();
    let without = outage(&fleet, &dependency);
    println!("alone: {alone:#?}\ntogether: {together:#?}\nwithout the server: {without:#?}");

    assert!(together.until_all_were_open * 2 < alone.until_all_were_open);
    assert!(together.calls_until_then < alone.calls_until_then);
    assert!(together.probes_while_it_was_down * 2 < alone.probes_while_it_was_down);
    assert_eq!(together.most_probes_at_a_time, 1);
    assert!(without.most_probes_at_a_time >= 1, "each probes for itself");
}
