//! nginx in front of a small server, as in production; where it is not installed, a stand-in that does the same.

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

/// How long nginx waits for the server's answer before it says 504 itself.
pub const PATIENCE: Duration = Duration::from_millis(1500);

/// A reverse proxy on the loopback interface, and the server behind it.
///
/// | path | what the proxy does |
/// |---|---|
/// | `/reset` | resets the connection |
/// | `/hang…` | waits for the server without end |
/// | `/limited…` | one request for each minute; else 429 with `Retry-After: 1` |
/// | all others | asks the server; 502 when that hangs up, 504 when it says nothing, 503 during maintenance |
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    // Nobody else gets the port.
    reserved: Option<TcpSocket>,
    server: BadServer,
    // Ends before its folder goes.
    nginx: Option<Program>,
    stand_in: Option<AbortHandle>,
    folder: Arc<Scratch>,
}

impl Front {
    /// Starts both; the server behind gives these answers. Says so when it is not a real nginx.
    ///
    /// # Errors
    ///
    /// When there is no port.
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
        println!("There is no nginx to start here: a stand-in takes its place.");
        front.replaced()
    }

    /// The same with the stand-in.
    ///
    /// # Errors
    ///
    /// When there is no port.
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
        // It is not on every user's path.
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
        // One process: who ends it ends everything.
        format!(
            r"
daemon off; master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    log_format books '$status $request_method $uri';
    access_log {folder}/access.log books;
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

    /// What stands in front.
    pub fn name(&self) -> &'static str {
        if self.nginx.is_some() { "nginx" } else { "a stand-in for nginx" }
    }

    /// Where clients connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on the proxy says 503 itself, or does no more.
    ///
    /// # Errors
    ///
    /// When the sign for it cannot be written.
    pub fn maintenance(&self, on: bool) -> io::Result<()> {
        let sign = self.folder.file("maintenance");
        if on { std::fs::write(sign, "") } else { std::fs::remove_file(sign) }
    }

    /// What the server behind has seen.
    pub fn ledger(&self) -> Ledger {
        self.server.ledger()
    }

    /// The proxy's own books: status, method and path of each request that is done, in order.
    pub fn books(&self) -> Vec<String> {
        lines(&self.folder.file("access.log"))
    }

    /// The same, once there are so many: the proxy writes them when it has already answered.
    pub async fn books_of(&self, requests: usize) -> Vec<String> {
        for _ in 0..6000 {
            if self.books().len() >= requests {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.books()
    }
}

fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A port that is bound and not listened to: nobody is given it by chance, and nginx, which is this user's as well, may
/// share it.
fn reserved() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(socket)
}

impl Drop for Front {
    /// What stands in front is gone: connections are refused.
    fn drop(&mut self) {
        if let Some(stand_in) = &self.stand_in {
            stand_in.abort();
        }
    }
}
