//! An in-process stand-in for the nginx that [`Front`](crate::front::Front) starts.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use crate::bad_server::read_request;
use crate::front::PATIENCE;
use crate::lab::Scratch;

/// Serves requests until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, server: u16, folder: Arc<Scratch>) {
    let limit = Arc::new(Mutex::new(None));
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, server, Arc::clone(&folder), Arc::clone(&limit)));
    }
}

type Limit = Arc<Mutex<Option<Instant>>>;

async fn answer(
    mut client: TcpStream,
    server: u16,
    folder: Arc<Scratch>,
    limit: Limit,
) -> io::Result<()> {
    let request = read_request(&mut client).await?;
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let answer = if path == "/reset" {
        "444".to_owned()
    } else if path.starts_with("/limited") && is_too_soon(&limit) {
        own("429 Too Many Requests", "Retry-After: 1\r\n")
    } else if folder.file("maintenance").exists() {
        own("503 Service Temporarily Unavailable", "")
    } else {
        let patience = if path.starts_with("/hang") { Duration::from_secs(3600) } else { PATIENCE };
        match timeout(patience, ask(server, &request)).await {
            Err(_) => own("504 Gateway Time-out", ""),
            Ok(Ok(answer)) if !answer.is_empty() => answer,
            Ok(_) => own("502 Bad Gateway", ""),
        }
    };
    let status = answer.split(' ').nth(1).unwrap_or("444").to_owned();
    let mut log = OpenOptions::new().create(true).append(true).open(folder.file("access.log"))?;
    writeln!(log, "{status} {method} {path}")?;
    if status == "444" {
        return client.set_zero_linger();
    }
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}

fn own(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: 0\r\n\r\n")
}

async fn ask(server: u16, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", server)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn is_too_soon(limit: &Limit) -> bool {
    let mut last = limit.lock().unwrap_or_else(PoisonError::into_inner);
    let soon = last.is_some_and(|last| last.elapsed() < Duration::from_secs(60));
    if !soon {
        *last = Some(Instant::now());
    }
    soon
}
