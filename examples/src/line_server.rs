//! A server with a line-based protocol: a closure chooses each reply, and the server records the requests.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The server's reaction to a line.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Replies with a line after some time.
    After(Duration, String),
    /// Closes the connection.
    HangUp,
    /// Sends nothing for longer than any client waits.
    Silence,
}

impl Reply {
    /// Replies with a line at once.
    pub fn line(text: impl Into<String>) -> Self {
        Reply::After(Duration::ZERO, text.into())
    }
}

/// The requests that the server has received.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every line, in order.
    pub lines: Vec<String>,
    /// The maximum number of requests handled at the same time.
    pub at_once: usize,
    now: usize,
}

/// A server on the loopback interface.
#[derive(Debug)]
pub struct LineServer {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl LineServer {
    /// Starts a server; `reply` gets each line and how often the same line has come before.
    ///
    /// # Errors
    ///
    /// Fails if there is no free port.
    pub async fn start(reply: impl Fn(&str, usize) -> Reply + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = LineServer { address: listener.local_addr()?, seen: Arc::default() };
        let seen = Arc::clone(&server.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                if stream.read_line(&mut line).await.is_ok() {
                    let line = line.trim_end();
                    let before = lock(&seen).lines.iter().filter(|known| *known == line).count();
                    lock(&seen).lines.push(line.to_owned());
                    let reply = reply(line, before);
                    tokio::spawn(answer(stream.into_inner(), reply, Arc::clone(&seen)));
                }
            }
        });
        Ok(server)
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests received so far.
    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(mut stream: TcpStream, reply: Reply, seen: Arc<Mutex<Seen>>) -> io::Result<()> {
    enter(&mut lock(&seen));
    let done = match reply {
        Reply::After(time, line) => {
            tokio::time::sleep(time).await;
            stream.write_all(format!("{line}\n").as_bytes()).await
        }
        Reply::HangUp => Ok(()),
        Reply::Silence => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok(())
        }
    };
    lock(&seen).now -= 1;
    done
}

fn enter(seen: &mut Seen) {
    seen.now += 1;
    seen.at_once = seen.at_once.max(seen.now);
}
