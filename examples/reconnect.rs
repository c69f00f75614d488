//! A stream that reconnects: `cargo run --example reconnect`. The program owns the loop, and a policy decides.
//!
//! A subscription to a feed ends whenever the server restarts. The loop cannot be an annotated function: the items come
//! one by one, and the connection that gives them is replaced on the way. `Steps` holds the decisions, and nothing else:
//! the loop waits itself. An item that arrives proves that the connection is healthy, so the backoff begins anew.

use std::io::{Error, ErrorKind};
use std::process::ExitCode;
use std::time::Duration;

use retry_runtime::{Classify, Jitter, Next, Policy, Steps, StopReason};
use tokio::time::{Instant, sleep};

/// Five failures in a row end the subscription; a healthy connection may break as often as it likes.
const RECONNECT: Policy =
    Policy::new().max(4).base(Duration::from_millis(100)).jitter(Jitter::None).checked();

/// A feed of numbers on a clock of its own: each connection gives some items and breaks, or is refused.
struct Feed {
    connections: Vec<Result<u32, ErrorKind>>,
    next: u32,
}

struct Connection {
    left: u32,
}

impl Feed {
    /// The server's restarts: one connection with three items, two refusals, one with two items, and then the server is
    /// gone.
    fn new() -> Self {
        let refused = Err(ErrorKind::ConnectionRefused);
        let mut connections = vec![Ok(3), refused, refused, Ok(2)];
        connections.extend([refused; 5]);
        connections.reverse();
        Feed { connections, next: 0 }
    }

    async fn connect(&mut self) -> Result<Connection, Error> {
        match self.connections.pop() {
            Some(Ok(items)) => Ok(Connection { left: items }),
            Some(Err(kind)) => Err(kind.into()),
            None => Err(ErrorKind::ConnectionRefused.into()),
        }
    }

    async fn item(&mut self, connection: &mut Connection) -> Result<u32, Error> {
        // The server restarts: nothing of the next item was sent.
        let left = connection.left.checked_sub(1).ok_or(ErrorKind::NotConnected)?;
        connection.left = left;
        self.next += 1;
        Ok(self.next)
    }
}

/// A subscription: the connection, if there is one, and the decisions.
struct Subscription {
    feed: Feed,
    connection: Option<Connection>,
    steps: Steps,
    pauses: Vec<Duration>,
}

impl Subscription {
    fn new(feed: Feed) -> Self {
        Subscription { feed, connection: None, steps: RECONNECT.steps(), pauses: Vec::new() }
    }

    /// The next item, over as many connections as it takes; the last error and the reason once the policy gives up.
    async fn next(&mut self) -> Result<u32, (Error, StopReason)> {
        loop {
            let error = match self.attempt().await {
                Ok(item) => {
                    self.steps.reset();
                    return Ok(item);
                }
                Err(error) => error,
            };
            self.connection = None;
            match self.steps.after(error.classify()) {
                Next::Pause(delay) => {
                    println!("  {error}: again in {delay:?}");
                    self.pauses.push(delay);
                    sleep(delay).await;
                }
                Next::Stop(reason) => return Err((error, reason)),
            }
        }
    }

    async fn attempt(&mut self) -> Result<u32, Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.feed.connect().await?),
        };
        self.feed.item(connection).await
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let (mut subscription, started) = (Subscription::new(Feed::new()), Instant::now());
    let mut items = Vec::new();
    let reason = loop {
        match subscription.next().await {
            Ok(item) => {
                println!("item {item}");
                items.push(item);
            }
            Err((error, reason)) => {
                println!("the feed is gone ({reason}): {error}");
                break reason;
            }
        }
    };
    let pauses: Vec<u128> = subscription.pauses.iter().map(Duration::as_millis).collect();
    println!("{} items, pauses of {pauses:?} ms, {:?} in all", items.len(), started.elapsed());
    let expected = [100, 200, 400, 100, 200, 400, 800];
    let is_right = items == [1, 2, 3, 4, 5]
        && pauses == expected
        && reason == StopReason::Exhausted
        && started.elapsed() == Duration::from_millis(2200);
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
