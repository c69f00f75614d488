//! A Redis server of the test's own, on loopback with a data directory of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) struct RedisServer {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

/// Starts a server; `None`, with a message, where Redis is not installed.
pub(crate) fn server() -> Option<RedisServer> {
    let version = Command::new("redis-server").arg("--version").output();
    if !version.is_ok_and(|it| it.status.success()) {
        println!("passed over: Redis is not installed; `cargo xtask install` installs it");
        return None;
    }
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("retry-fleet-redis-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).expect("a new folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let mut server = RedisServer { folder, port, child: None };
    server.start();
    Some(server)
}

impl RedisServer {
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The address for this user.
    pub(crate) fn url_for(&self, user: &str, password: &str) -> String {
        format!("redis://{user}:{password}@127.0.0.1:{}", self.port)
    }

    /// A connection beside those of the transports.
    pub(crate) fn connect(&self) -> redis::Connection {
        redis::Client::open(self.url()).expect("an address").get_connection().expect("connected")
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(&mut self) {
        let log = std::fs::File::create(self.folder.join("log")).expect("a log");
        let mut redis = Command::new("redis-server");
        redis.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]);
        redis.args(["--save", "", "--appendonly", "no", "--dir"]).arg(&self.folder);
        redis.current_dir(&self.folder).stdin(Stdio::null()).stdout(log).stderr(Stdio::null());
        self.child = Some(redis.spawn().expect("redis-server runs"));
        let start = Instant::now();
        while !self.is_ready() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server starts");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_ready(&self) -> bool {
        let client = redis::Client::open(self.url()).expect("an address");
        let connection = client.get_connection();
        connection.is_ok_and(|mut it| redis::cmd("PING").query::<String>(&mut it).is_ok())
    }

    /// Ends the server as a crash would.
    pub(crate) fn crash(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Stops the server, which keeps its connections and does not answer, until [`wake`](Self::wake).
    pub(crate) fn stall(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn wake(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.child.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal}");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.crash();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
