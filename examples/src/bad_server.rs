//! A shop's HTTP server that fails like real servers do, in a given order.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// The server's reaction to a request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A complete response: status, further headers (each ends in `\r\n`), body.
    Whole(&'static str, &'static str, &'static str),
    /// Sends the first part of a response and then resets the connection.
    Cut,
    /// Closes the connection without a response.
    HangUp,
    /// Sends nothing for longer than any client waits.
    Silence,
}

/// The requests that the server received and the orders that it accepted, which a client cannot know.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The number of requests received.
    pub requests: u32,
    /// The number of orders accepted: each `POST`, unless its `Idempotency-Key` has been seen before.
    pub orders: u32,
    keys: HashSet<String>,
}

/// A server on the loopback interface.
#[derive(Debug)]
pub struct BadServer {
    address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
}

impl BadServer {
    /// Starts a server that gives these answers in order and repeats the last one.
    ///
    /// # Errors
    ///
    /// Fails if there is no free port.
    pub fn start(answers: &[Answer]) -> io::Result<BadServer> {
        let (socket, server) = BadServer::closed()?;
        let (ledger, answers) = (Arc::clone(&server.ledger), answers.iter().copied().collect());
        tokio::spawn(serve(socket.listen(16)?, answers, ledger));
        Ok(server)
    }

    /// Like [`start`](Self::start), but refuses connections until `opening` completes.
    ///
    /// # Errors
    ///
    /// Fails if there is no free port.
    pub fn start_after(
        opening: impl Future<Output = ()> + Send + 'static,
        answers: &[Answer],
    ) -> io::Result<BadServer> {
        let (socket, server) = BadServer::closed()?;
        let (ledger, answers) = (Arc::clone(&server.ledger), answers.iter().copied().collect());
        tokio::spawn(async move {
            opening.await;
            serve(socket.listen(16)?, answers, ledger).await
        });
        Ok(server)
    }

    /// Binds a port without listening: nobody else can take the port, and it refuses connections.
    fn closed() -> io::Result<(TcpSocket, BadServer)> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let server = BadServer { address: socket.local_addr()?, ledger: Arc::default() };
        Ok((socket, server))
    }

    /// The URL of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The server's record so far.
    pub fn ledger(&self) -> Ledger {
        lock(&self.ledger).clone()
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    listener: TcpListener,
    mut answers: VecDeque<Answer>,
    ledger: Arc<Mutex<Ledger>>,
) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        // A client that hangs up in the middle of its request does not count.
        let Ok(head) = read_request(&mut stream).await else { continue };
        lock(&ledger).enter(&head);
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        if let Some(answer) = answer {
            // Each reply has its own task, so that a silent one does not block the next request.
            tokio::spawn(reply(stream, answer));
        }
    }
}

/// Reads one request and returns its head and its body.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = header(&head, "content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    Ok(head + &String::from_utf8_lossy(&body))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

impl Ledger {
    fn enter(&mut self, head: &str) {
        self.requests += 1;
        let known = match header(head, "idempotency-key") {
            Some(key) => !self.keys.insert(key.to_owned()),
            None => false,
        };
        if head.starts_with("POST ") && !known {
            self.orders += 1;
        }
    }
}

async fn reply(mut stream: TcpStream, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Whole(status, headers, body) => {
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        }
        Answer::Cut => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe first").await?;
            stream.flush().await?;
            // Lets the client start reading. With linger zero, closing sends a reset (RST) instead of a FIN.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.set_zero_linger()
        }
        Answer::HangUp => Ok(()),
        Answer::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
    }
}
