//! Other processes with a console: asked once a second, added up, and left out when they no longer answer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::Instant;

use super::clock::Now;
use crate::data::model::{News, Process, Snapshot};
use crate::data::sum;
use crate::serve::guard::ORDER_HEADER;

/// A peer that has not answered for so long is stale.
const STALE: Duration = Duration::from_secs(5);
/// The longest time that a peer may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer of a peer.
const LARGEST: usize = 16 << 20;
/// The highest number of peers.
const MOST: usize = 200;

/// Where the addresses of the peers come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Addresses such as `http://10.0.0.2:7600`, with the path at which the console is mounted.
    Listed(Vec<String>),
    /// A file with an address a line, read again for each look.
    File(PathBuf),
    /// A name that resolves to an address for each process, and a port: `shop.internal:7600`.
    Name(String),
}

#[derive(Debug)]
pub(crate) struct Peers {
    sources: Vec<Source>,
    token: Option<String>,
    client: Client<HttpConnector, Body>,
    known: Mutex<BTreeMap<String, Peer>>,
}

/// A peer as it answered last.
#[derive(Debug, Default)]
struct Peer {
    answered: Option<Instant>,
    /// How many milliseconds its clock is ahead of this one's.
    ahead_ms: i64,
    snapshot: Option<Snapshot>,
    error: Option<String>,
}

impl Default for Peers {
    fn default() -> Self {
        Peers::new(Vec::new(), None)
    }
}

impl Peers {
    pub(crate) fn new(sources: Vec<Source>, token: Option<String>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Peers { sources, token, client, known: Mutex::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Peer>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks every peer for its state.
    pub(crate) async fn pull(&self) {
        let addresses = self.addresses().await;
        let asked = addresses.iter().map(async |address| (address, self.ask(address).await));
        let answers = futures::future::join_all(asked).await;
        let mut known = self.known();
        known.retain(|address, _| addresses.contains(address));
        for (address, answer) in answers {
            let peer = known.entry(address.clone()).or_default();
            match answer {
                Ok((mut snapshot, ahead)) => {
                    // The way of an answer takes a different time each time, which is no change of the clock.
                    let ahead_ms = ahead.settled(peer.ahead_ms);
                    snapshot.shift(ahead_ms);
                    let answered = Some(Instant::now());
                    *peer = Peer { answered, ahead_ms, snapshot: Some(snapshot), error: None };
                }
                Err(error) => peer.error = Some(error),
            }
        }
    }

    async fn addresses(&self) -> Vec<String> {
        let mut addresses = Vec::new();
        for source in &self.sources {
            match source {
                Source::Listed(listed) => addresses.extend(listed.iter().cloned()),
                // A file that cannot be read has no addresses: it may be written right now.
                Source::File(path) => {
                    let text = tokio::fs::read_to_string(path).await.unwrap_or_default();
                    let lines = text.lines().map(str::trim);
                    addresses.extend(
                        lines.filter(|it| !it.is_empty() && !it.starts_with('#')).map(String::from),
                    );
                }
                Source::Name(name) => {
                    if let Ok(found) = tokio::net::lookup_host(name.as_str()).await {
                        addresses.extend(found.map(|address| format!("http://{address}")));
                    }
                }
            }
        }
        addresses.iter_mut().for_each(|address| {
            address.truncate(address.trim_end_matches('/').len());
        });
        addresses.sort();
        addresses.dedup();
        addresses.truncate(MOST);
        addresses
    }

    async fn ask(&self, address: &str) -> Result<(Snapshot, Ahead), String> {
        let asked = Now::read().millis;
        let (status, body) =
            self.send(address, Method::GET, "/api/snapshot?own=1", Bytes::new()).await?;
        if status != StatusCode::OK {
            return Err(format!("the peer answers {status}"));
        }
        let snapshot: Snapshot = serde_json::from_slice(&body)
            .map_err(|error| format!("the peer's answer is not a state: {error}"))?;
        let ahead = Ahead::of(asked, Now::read().millis, snapshot.now_at);
        match snapshot.processes.len() {
            1 => Ok((snapshot, ahead)),
            _ => Err("the peer's answer is not the state of one process".to_owned()),
        }
    }

    /// Sends a request to a peer and waits for its answer.
    pub(crate) async fn send(
        &self,
        address: &str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{address}{path}"))
            .header(ORDER_HEADER, "1")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| chain(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LARGEST).collect().await;
            Ok((status, body.map_err(|error| error.to_string())?.to_bytes()))
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await;
        answer.unwrap_or_else(|_| Err(format!("the peer did not answer within {PATIENCE:?}")))
    }

    /// The address of the peer that is the process `instance`.
    pub(crate) fn address_of(&self, instance: &str) -> Option<String> {
        let known = self.known();
        let found = known.iter().find(|(_, peer)| {
            peer.snapshot.as_ref().is_some_and(|snapshot| name(snapshot) == instance)
        });
        found.map(|(address, _)| address.clone())
    }

    /// How many milliseconds the clock of the peer at this address is ahead of this one's.
    pub(crate) fn ahead_ms(&self, address: &str) -> i64 {
        self.known().get(address).map_or(0, |peer| peer.ahead_ms)
    }

    /// Adds the state of the peers to that of this process.
    pub(crate) fn add_to(&self, state: &mut Snapshot, news: &mut Vec<News>) {
        let known = self.known();
        let me = state.processes.first().map(|process| process.instance.clone());
        let mut fresh = Vec::new();
        for (address, peer) in known.iter() {
            let is_stale = peer.answered.is_none_or(|answered| answered.elapsed() > STALE);
            let mut process = match &peer.snapshot {
                // This process may be in its own list of peers.
                Some(snapshot) if Some(name(snapshot)) == me.as_deref() => continue,
                Some(snapshot) => snapshot.processes[0].clone(),
                None => Process { instance: address.clone(), ..Process::default() },
            };
            process.peer = Some(address.clone());
            process.clock_ahead_ms = peer.snapshot.as_ref().map(|_| peer.ahead_ms);
            process.stale = is_stale;
            process.error = peer.error.clone();
            state.processes.push(process);
            if let Some(snapshot) = peer.snapshot.as_ref().filter(|_| !is_stale) {
                fresh.push(snapshot);
            }
        }
        if fresh.is_empty() {
            return;
        }
        for snapshot in &fresh {
            state.overview.add(&snapshot.overview);
            state.live.extend(snapshot.live.iter().cloned());
            state.live_total += snapshot.live_total;
            state.breakers.extend(snapshot.breakers.iter().cloned());
            news.extend(snapshot.news.iter().cloned());
        }
        let theirs = fresh.iter().flat_map(|snapshot| &snapshot.functions);
        state.functions = sum::functions(state.functions.iter().chain(theirs));
        state.live.sort_by(|one, other| (one.next_at, &one.id).cmp(&(other.next_at, &other.id)));
        state.live.truncate(Snapshot::MAX_LIVE);
    }
}

/// How far the clock of a peer is ahead, as one answer tells.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ahead {
    ms: i64,
    /// How wrong that may be: the answer was on its way for some part of the time between question and answer.
    error_ms: i64,
}

/// An error of the clock that nobody sees in a countdown of tenths of a second.
const UNSEEN: i64 = 100;

impl Ahead {
    fn of(asked: u64, answered: u64, told: u64) -> Self {
        let half = answered.saturating_sub(asked) / 2;
        let whole = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
        Ahead { ms: whole(told).saturating_sub(whole(asked + half)), error_ms: whole(half) }
    }

    /// The difference to go on with: the one before, unless the answer contradicts it; in tenths of a second.
    fn settled(self, before: i64) -> i64 {
        let is_near = self.ms.saturating_sub(before).abs() <= self.error_ms + UNSEEN;
        let rounded = (self.ms as f64 / 100.0).round() as i64 * 100;
        if is_near { before } else { rounded }
    }
}

/// The name of the process of a snapshot.
fn name(snapshot: &Snapshot) -> &str {
    snapshot.processes.first().map_or("", |process| &process.instance)
}

/// An error with its causes: that of a client says little without them.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::model::{CallCounts, Function, Overview, Role};

    fn snapshot(instance: &str, calls: u64) -> Snapshot {
        let process = Process { instance: instance.into(), ..Process::default() };
        let counts = CallCounts { calls, ..CallCounts::default() };
        let function = Function { name: "f".into(), counts, instances: 1, ..Function::default() };
        Snapshot {
            id: 1,
            now_at: 0,
            role: Role::View,
            processes: vec![process],
            overview: Overview { counts, ..Overview::default() },
            functions: vec![function],
            live: Vec::new(),
            live_total: 0,
            breakers: Vec::new(),
            news: Vec::new(),
        }
    }

    fn with(peers: &Peers) -> Snapshot {
        let mut state = snapshot("me", 1);
        peers.add_to(&mut state, &mut Vec::new());
        state
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_no_longer_answers_is_stale_after_five_seconds_and_leaves_the_sums() {
        let peers = Peers::default();
        let answered = |calls| Peer {
            answered: Some(Instant::now()),
            ahead_ms: 0,
            snapshot: Some(snapshot("other", calls)),
            error: None,
        };
        peers.known().insert("http://a".into(), answered(10));
        let state = with(&peers);
        assert_eq!((state.overview.counts.calls, state.functions[0].counts.calls), (11, 11));
        assert!(!state.processes[1].stale);

        tokio::time::advance(STALE + Duration::from_millis(1)).await;
        let state = with(&peers);
        assert_eq!((state.overview.counts.calls, state.functions[0].counts.calls), (1, 1));
        assert!(state.processes[1].stale);

        peers.known().insert("http://a".into(), answered(12));
        assert_eq!(with(&peers).overview.counts.calls, 13);
    }

    #[tokio::test]
    async fn a_process_in_its_own_list_of_peers_is_counted_once() {
        let peers = Peers::default();
        let me = Peer {
            answered: Some(Instant::now()),
            snapshot: Some(snapshot("me", 1)),
            ..Peer::default()
        };
        peers.known().insert("http://me".into(), me);
        let state = with(&peers);
        assert_eq!((state.overview.counts.calls, state.processes.len()), (1, 1));
    }

    #[test]
    fn the_clock_of_a_peer_is_told_in_tenths_of_a_second_and_not_by_the_way_of_an_answer() {
        let near = Ahead::of(1_000, 1_200, 1_140);
        assert_eq!((near, near.settled(0)), (Ahead { ms: 40, error_ms: 100 }, 0));
        let ahead = Ahead::of(1_000, 1_020, 61_260);
        assert_eq!((ahead.ms, ahead.settled(0)), (60_250, 60_300));
        assert_eq!(Ahead::of(2_000, 2_100, 62_290).settled(60_300), 60_300);
        assert_eq!(Ahead::of(60_000, 60_000, 0).settled(0), -60_000);
    }

    #[test]
    fn countdowns_of_a_peer_whose_clock_is_wrong_are_by_the_clock_of_this_process() {
        let mut theirs = snapshot("other", 1);
        let call = r#"{ "id": "other-1", "instance": "other", "name": "f", "attempt": 1, "state": "waiting", "next_at": 65000,
            "since_at": 61000, "last_error": "", "last_kind": "transient" }"#;
        theirs.live = vec![serde_json::from_str(call).expect("a call")];
        theirs.overview.rates.at = 63_000;
        theirs.shift(60_000);
        assert_eq!((theirs.live[0].next_at, theirs.live[0].since_at), (Some(5_000), 1_000));
        assert_eq!(theirs.overview.rates.at, 3_000);
        theirs.shift(-60_000);
        assert_eq!(theirs.live[0].next_at, Some(65_000));
    }

    #[tokio::test]
    async fn addresses_come_from_a_file_and_a_name_and_each_counts_once() {
        let file = std::env::temp_dir().join(format!("retry-console-peers-{}", std::process::id()));
        std::fs::write(
            &file,
            "# the shop\nhttp://10.0.0.2:7600/\n\n  http://10.0.0.3:7600/retry\n",
        )
        .expect("a file");
        let sources = vec![
            Source::File(file.clone()),
            Source::File("no such file".into()),
            Source::Listed(vec!["http://10.0.0.2:7600".into()]),
            Source::Name("localhost:7600".into()),
            Source::Name("no-such-host.invalid:7600".into()),
        ];
        let mut addresses = Peers::new(sources, None).addresses().await;
        std::fs::remove_file(file).expect("it is there");
        addresses.retain(|address| address != "http://[::1]:7600");
        assert_eq!(
            addresses,
            ["http://10.0.0.2:7600", "http://10.0.0.3:7600/retry", "http://127.0.0.1:7600"]
        );
    }

    #[tokio::test]
    async fn a_peer_that_never_answered_is_listed_with_its_error() {
        let peers = Peers::new(vec![Source::Listed(vec!["http://127.0.0.1:1/".into()])], None);
        peers.pull().await;
        let state = with(&peers);
        let peer = &state.processes[1];
        assert!(
            peer.stale && peer.error.as_deref().is_some_and(|it| it.contains("refused")),
            "{peer:?}"
        );
        assert_eq!(peer.peer.as_deref(), Some("http://127.0.0.1:1"));
    }
}
