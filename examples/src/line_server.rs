//! A server that is asked in lines, and answers as a closure says; it counts what it sees.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a line.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A line after some time.
    After(Duration, String),
    /// It hangs up.
    HangUp,
    /// Nothing for so long that nobody waits for it.
    Silence,
}

impl Reply {
    /// A line at once.
    pub fn line(text: impl Into<String>) -> Self {
        Reply::After(Duration::ZERO, text.into())
    }
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every line, in their order.
    pub lines: Vec<String>,
    /// How many were answered at the same time, at most.
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
    /// Answers each line by what the closure makes of it, and of how often the same line has come before.
    ///
    /// # Errors
    ///
    /// When there is no free port.
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has seen so far.
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
