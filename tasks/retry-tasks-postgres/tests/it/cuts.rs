//! Connections that are lost at the commit: nothing is lost and nothing happens twice.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{Filter, Format, Phase, StoreError, TaskError, Tasks};
use retry_tasks_postgres::PostgresBuilder;

use crate::server::server;

/// The message `COMMIT` of the simple query protocol.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// A proxy that cuts some of the connections at a commit: before the server gets it, or after the server has answered.
#[derive(Debug, Default)]
struct Proxy {
    /// Cuts one of this many commits; 0 for none.
    one_of: AtomicU64,
    commits: AtomicU64,
    cut_before: AtomicU64,
    cut_after: AtomicU64,
    /// Whether new connections are refused.
    is_closed: AtomicBool,
}

fn start(to: u16) -> (Arc<Proxy>, u16) {
    let proxy = Arc::new(Proxy::default());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let of_thread = Arc::clone(&proxy);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let proxy = Arc::clone(&of_thread);
            if proxy.is_closed.load(Ordering::Relaxed) {
                continue;
            }
            std::thread::spawn(move || proxy.serve(&client, to));
        }
    });
    (proxy, port)
}

impl Proxy {
    fn serve(self: Arc<Self>, client: &TcpStream, to: u16) {
        let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { return };
        let cuts_answer = Arc::new(AtomicBool::new(false));
        let back = {
            let (from, to) =
                (server.try_clone().expect("cloned"), client.try_clone().expect("cloned"));
            let cuts = Arc::clone(&cuts_answer);
            std::thread::spawn(move || pass(&from, &to, |_| !cuts.load(Ordering::Relaxed)))
        };
        pass(client, &server, |bytes| {
            if !bytes.windows(COMMIT.len()).any(|part| part == COMMIT) {
                return true;
            }
            let number = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
            let one_of = self.one_of.load(Ordering::Relaxed);
            if one_of == 0 || !number.is_multiple_of(one_of) {
                return true;
            }
            if (number / one_of).is_multiple_of(2) {
                self.cut_before.fetch_add(1, Ordering::Relaxed);
                return false;
            }
            self.cut_after.fetch_add(1, Ordering::Relaxed);
            cuts_answer.store(true, Ordering::Relaxed);
            true
        });
        let _ = server.shutdown(Shutdown::Both);
        let _ = back.join();
    }
}

/// Passes bytes on until `may_pass` says no, and then closes both ends.
fn pass(mut from: &TcpStream, mut to: &TcpStream, may_pass: impl Fn(&[u8]) -> bool) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if !may_pass(&bytes[..count]) || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[retryable(on = any, name = "cuts::count", task)]
async fn count(number: u64) -> Result<u64, String> {
    Ok(number)
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_whose_answer_is_lost_lose_nothing_and_store_nothing_twice() {
    const TASKS: u64 = 400;
    let Some(server) = server() else { return };
    let (proxy, port) = start(server.port);
    let url = format!("postgres://retry@127.0.0.1:{port}/postgres");
    let patience = Duration::from_secs(30);
    let tasks = PostgresBuilder::new(url).patience(patience).open().await.expect("opened");
    let worker = tasks.worker().only("cuts::count").start().expect("started");
    proxy.one_of.store(5, Ordering::Relaxed);
    let submitters = (0..8).map(|lane| {
        let tasks = tasks.clone();
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for number in (lane..TASKS).step_by(8) {
                ids.push(tasks.submit(count::task(number)).await.expect("no error is seen"));
            }
            ids
        })
    });
    let mut ids = Vec::new();
    for submitter in submitters.collect::<Vec<_>>() {
        ids.extend(submitter.await.expect("no panic"));
    }
    for id in &ids {
        tasks.wait::<u64>(*id).await.expect("complete");
    }
    proxy.one_of.store(0, Ordering::Relaxed);
    let cuts = (proxy.cut_before.load(Ordering::Relaxed), proxy.cut_after.load(Ordering::Relaxed));
    println!(
        "{} commits, cut before and after the server had them: {cuts:?}",
        proxy.commits.load(Ordering::Relaxed)
    );
    assert!(cuts.0 > 3 && cuts.1 > 3, "something was tried: {cuts:?}");
    audit(&tasks, TASKS).await;
    worker.shutdown(Duration::from_secs(5)).await;
}

/// Each task is there once, with one attempt.
async fn audit(tasks: &Tasks, expected: u64) {
    assert_eq!(tasks.counts().await.expect("counted").of(Phase::Complete), expected);
    let page = tasks.list(Filter::new().limit(10_000), Format::Full).await.expect("listed");
    let mut numbers: Vec<u64> = page
        .tasks
        .iter()
        .map(|info| info.arguments.as_ref().expect("told")["number"].as_u64().expect("a number"))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..expected).collect::<Vec<_>>(), "none twice");
    assert!(page.tasks.iter().all(|info| info.attempts().len() == 1), "one attempt each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_waited_for_and_then_told_of_without_a_change() {
    let Some(server) = server() else { return };
    let (proxy, port) = start(server.port);
    let url = format!("postgres://retry:secret@127.0.0.1:{port}/postgres");
    let patience = Duration::from_millis(600);
    let tasks = PostgresBuilder::new(url).patience(patience).open().await.expect("opened");
    tasks.submit(count::task(1)).await.expect("stored");

    // Every commit is cut before the server has it, and nobody can connect again.
    proxy.is_closed.store(true, Ordering::Relaxed);
    proxy.commits.store(1, Ordering::Relaxed);
    proxy.one_of.store(1, Ordering::Relaxed);
    let refused = tokio::spawn({
        let tasks = tasks.clone();
        async move { tasks.submit(count::task(2)).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    proxy.one_of.store(0, Ordering::Relaxed);
    proxy.is_closed.store(false, Ordering::Relaxed);
    // The server has seen no commit, so the transaction is done again.
    refused.await.expect("no panic").expect("stored once the server is back");
    assert_eq!(tasks.counts().await.expect("counted").total(), 2);

    drop(server);
    let gone = tasks.submit(count::task(3)).await.expect_err("nobody is there");
    let text = gone.to_string();
    assert!(matches!(gone, TaskError::Store(StoreError::Unreachable { .. })), "{text}");
    assert!(text.contains("127.0.0.1") && !text.contains("secret"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_and_recovers_loses_nothing() {
    let Some(mut server) = server() else { return };
    let patience = Duration::from_secs(60);
    let tasks = PostgresBuilder::new(server.url()).patience(patience).open().await.expect("opened");
    let worker = tasks.worker().only("cuts::count").start().expect("started");
    let submitter = tokio::spawn({
        let tasks = tasks.clone();
        async move {
            for number in 0..300 {
                tasks.submit(count::task(number)).await.expect("no error is seen");
            }
        }
    });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.crash();
        server.start();
    }
    submitter.await.expect("no panic");
    while tasks.counts().await.expect("counted").of(Phase::Complete) < 300 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(tasks.counts().await.expect("counted").total(), 300);
    worker.shutdown(Duration::from_secs(5)).await;
}
