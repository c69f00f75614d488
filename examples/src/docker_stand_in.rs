//! An in-process stand-in for the Docker daemon that [`Daemon`](crate::docker_daemon::Daemon) starts.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};

use crate::bad_server::read_request;

/// The names of the volumes, which outlive the daemon.
pub(crate) type Volumes = Arc<Mutex<BTreeSet<String>>>;

/// Serves requests until the task is aborted.
pub(crate) async fn serve(listener: Arc<UnixListener>, volumes: Volumes) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&volumes)));
    }
}

async fn answer(mut stream: UnixStream, volumes: Volumes) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    let (status, body) = response(&request, &volumes);
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

/// Responds like a freshly installed daemon without containers or images; it can create volumes.
fn response(request: &str, volumes: &Volumes) -> (&'static str, String) {
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut volumes = volumes.lock().unwrap_or_else(PoisonError::into_inner);
    if path.ends_with("/version") {
        return ("200 OK", r#"{"ApiVersion":"1.41"}"#.to_owned());
    }
    if path.contains("/containers/json") {
        return ("200 OK", "[]".to_owned());
    }
    if method == "POST" && path.ends_with("/volumes/create") {
        let name = request.split(r#""Name":""#).nth(1).and_then(|rest| rest.split('"').next());
        let name = name.unwrap_or("nameless");
        volumes.insert(name.to_owned());
        return ("201 Created", volume(name));
    }
    if let Some((_, name)) = path.split_once("/volumes/") {
        return match volumes.contains(name) {
            true => ("200 OK", volume(name)),
            false => ("404 Not Found", format!(r#"{{"message":"get {name}: no such volume"}}"#)),
        };
    }
    let name = path.split(['/', '?']).rev().nth(1).unwrap_or_default();
    ("404 Not Found", format!(r#"{{"message":"No such container: {name}"}}"#))
}

fn volume(name: &str) -> String {
    format!(
        r#"{{"Name":"{name}","Driver":"local","Mountpoint":"/volumes/{name}","Labels":{{}},"Scope":"local","Options":{{}}}}"#
    )
}
