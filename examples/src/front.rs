//! nginx as a reverse proxy for a small server, as in production; a stand-in where nginx is not installed.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::AbortHandle;

use crate::bad_server::{Answer, BadServer, Ledger};
use crate::front_stand_in;
use crate::lab::{Program, Scratch, is_installed};

/// How long nginx waits for the server before it answers 504.
pub const PATIENCE: Duration = Duration::from_millis(1500);

/// A reverse proxy on the loopback interface, and the server behind it.
///
/// | path | the proxy's behaviour |
/// |---|---|
/// | `/reset` | resets the connection |
/// | `/hang…` | waits up to an hour for the server |
/// | `/limited…` | allows one request per minute; otherwise 429 with `Retry-After: 1` |
/// | all others | forwards to the server; 502 if the server hangs up, 504 if it stays silent, 503 during maintenance |
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    // Keeps the port from being taken by another process.
    reserved: Option<TcpSocket>,
    server: BadServer,
    // Dropped before `folder`, so that nginx ends before its folder is removed.
    nginx: Option<Program>,
    stand_in: Option<AbortHandle>,
    folder: Arc<Scratch>,
}

impl Front {
    /// Starts the proxy and a server that gives these answers. Prints why nginx cannot be used.
    ///
    /// # Errors
    ///
    /// Fails if there is no free port.
    pub async fn start(answers: &[Answer]) -> io::Result<Self> {
        let mut front = Front::new(answers)?;
        if is_installed("nginx") {
            match front.nginx().await {
                Ok(nginx) => {
                    front.nginx = Some(nginx);
                    return Ok(front);
                }
                Err(error) => println!("nginx cannot be used here: {error}"),
            }
        }
        println!("nginx cannot be started here: a stand-in takes its place.");
        front.replaced()
    }

    /// Like [`start`](Self::start), always with the stand-in.
    ///
    /// # Errors
    ///
    /// Fails if there is no free port.
    pub fn stand_in(answers: &[Answer]) -> io::Result<Self> {
        Front::new(answers)?.replaced()
    }

    fn new(answers: &[Answer]) -> io::Result<Self> {
        let server = BadServer::start(answers)?;
        let (reserved, folder) = (reserved()?, Arc::new(Scratch::new()?));
        let address = reserved.local_addr()?;
        let reserved = Some(reserved);
        Ok(Front { address, reserved, server, nginx: None, stand_in: None, folder })
    }

    fn replaced(mut self) -> io::Result<Self> {
        let (port, folder) = (self.server.port(), Arc::clone(&self.folder));
        let socket = self.reserved.take().map_or_else(reserved, Ok)?;
        self.address = socket.local_addr()?;
        let serving = tokio::spawn(front_stand_in::serve(socket.listen(64)?, port, folder));
        self.stand_in = Some(serving.abort_handle());
        Ok(self)
    }

    async fn nginx(&self) -> io::Result<Program> {
        let settings = self.folder.file("nginx.conf");
        std::fs::write(&settings, self.settings())?;
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&settings).arg("-e").arg(self.folder.file("error.log"));
        // nginx is not on every user's path.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
        let mut nginx = Program::start(&mut command, self.folder.file("nginx.log"))?;
        nginx.until(async || TcpStream::connect(self.address).await.is_ok()).await?;
        Ok(nginx)
    }

    fn settings(&self) -> String {
        let folder = self.folder.text("");
        let folder = folder.trim_end_matches('/');
        let (address, server) = (self.address, self.server.port());
        let patience = PATIENCE.as_millis();
        let shared = if cfg!(unix) { " reuseport" } else { "" };
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {folder}/{name};"))
            .join(" ");
        // A single process, so that killing it ends everything.
        format!(
            r"
daemon off; master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    log_format requests '$status $request_method $uri';
    access_log {folder}/access.log requests;
    {temporary}
    limit_req_zone $server_port zone=slow:64k rate=1r/m;
    server {{
        listen {address}{shared};
        reset_timedout_connection on;
        proxy_next_upstream off;
        proxy_read_timeout {patience}ms;
        location / {{
            if (-f {folder}/maintenance) {{ return 503; }}
            proxy_pass http://127.0.0.1:{server};
        }}
        location = /reset {{ return 444; }}
        location /hang {{
            proxy_read_timeout 1h;
            proxy_pass http://127.0.0.1:{server};
        }}
        location /limited {{
            limit_req zone=slow;
            limit_req_status 429;
            error_page 429 = @limited;
            proxy_pass http://127.0.0.1:{server};
        }}
        location @limited {{
            add_header Retry-After 1 always;
            return 429;
        }}
    }}
}}
"
        )
    }

    /// The kind of proxy.
    pub fn name(&self) -> &'static str {
        if self.nginx.is_some() { "nginx" } else { "a stand-in for nginx" }
    }

    /// The URL that clients connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Turns maintenance on or off; during maintenance the proxy answers 503.
    ///
    /// # Errors
    ///
    /// Fails if the marker file cannot be changed.
    pub fn maintenance(&self, on: bool) -> io::Result<()> {
        let marker = self.folder.file("maintenance");
        if on { std::fs::write(marker, "") } else { std::fs::remove_file(marker) }
    }

    /// The record of the server behind the proxy.
    pub fn ledger(&self) -> Ledger {
        self.server.ledger()
    }

    /// The proxy's access log: status, method and path of each finished request, in order.
    pub fn log(&self) -> Vec<String> {
        lines(&self.folder.file("access.log"))
    }

    /// The access log once it has this many requests: the proxy writes a line only after it has answered.
    pub async fn log_after(&self, requests: usize) -> Vec<String> {
        for _ in 0..6000 {
            if self.log().len() >= requests {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.log()
    }
}

fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Binds a port without listening: no other process can be assigned the port, but nginx, which runs as the same user,
/// can share it.
fn reserved() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(socket)
}

impl Drop for Front {
    /// Ends the proxy; connections are refused from then on.
    fn drop(&mut self) {
        if let Some(stand_in) = &self.stand_in {
            stand_in.abort();
        }
    }
}
