//! A Restate server for one test, on loopback, with a data directory of its own.

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use retry_tasks::Tasks;
use retry_tasks_restate::Restate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Turns a new server's flow control on.
pub(crate) const FLOW_CONTROL: [(&str, &str); 2] = [
    ("RESTATE_EXPERIMENTAL_ENABLE_VQUEUES", "true"),
    ("RESTATE_EXPERIMENTAL_ENABLE_PROTOCOL_V7", "true"),
];

/// A running server, until it is dropped.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    node: u16,
    ingress: u16,
    admin: u16,
}

impl Server {
    /// Starts a server and waits until it answers. `None`, and a line that says so, where no server is installed.
    pub(crate) async fn start() -> Option<Self> {
        Server::start_with(&[]).await
    }

    /// Starts a server with these variables in its environment.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Option<Self> {
        let program = program()?;
        let (folder, ports) = (folder(), free_ports());
        let mut command = command(&program, &folder, ports);
        let process = command.envs(variables.iter().copied()).spawn().expect("the server starts");
        let [node, ingress, admin] = ports;
        let server = Server { process, folder, node, ingress, admin };
        server.until_ready().await;
        Some(server)
    }

    /// A handle whose process runs attempts.
    pub(crate) async fn tasks(&self) -> Tasks {
        self.builder().listen("127.0.0.1:0").open().await.expect("the server answers")
    }

    pub(crate) fn builder(&self) -> Restate {
        let [ingress, admin] = self.urls();
        Restate::new([ingress]).admin([admin])
    }

    /// The URLs of the ingress and of the admin interface.
    pub(crate) fn urls(&self) -> [String; 2] {
        [self.ingress, self.admin].map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// The server's own counts, in the text format of Prometheus.
    pub(crate) async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.node)).await.expect("connected");
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.expect("sent");
        let mut metrics = String::new();
        stream.read_to_string(&mut metrics).await.expect("received");
        metrics
    }

    /// A folder that is removed with the server.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    async fn until_ready(&self) {
        let started = Instant::now();
        loop {
            let is_open = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            // The partitions have leaders as soon as queries are answered.
            if is_open(self.ingress)
                && is_open(self.admin)
                && self.builder().open().await.expect("opened").counts().await.is_ok()
            {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The program of a server. `None`, and a line that says so, where none is installed.
pub(crate) fn program() -> Option<OsString> {
    let program = std::env::var_os("RESTATE_SERVER");
    if program.is_none() {
        println!("skipped: no Restate server is installed; `cargo xtask restate` installs one");
    }
    program
}

/// A new folder.
pub(crate) fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("retry-tasks-restate-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

/// The command that starts a server with its data in this folder, and its node, ingress and admin interface at these ports.
pub(crate) fn command(program: &OsStr, folder: &Path, ports: [u16; 3]) -> Command {
    let [node, ingress, admin] = ports.map(|port| format!("127.0.0.1:{port}"));
    let log = std::fs::File::options().append(true).create(true).open(folder.join("log"));
    let mut command = Command::new(program);
    command
        .arg("--no-logo")
        .current_dir(folder)
        .env("RESTATE_BASE_DIR", folder)
        .env("RESTATE_LISTEN_MODE", "tcp")
        .env("RESTATE_ADVERTISED_ADDRESS", format!("http://{node}/"))
        .env("RESTATE_BIND_ADDRESS", node)
        .env("RESTATE_INGRESS__BIND_ADDRESS", ingress)
        .env("RESTATE_ADMIN__BIND_ADDRESS", admin)
        .env("RESTATE_DISABLE_TELEMETRY", "true")
        .env("RESTATE_DEFAULT_NUM_PARTITIONS", "4")
        .env("RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE", "64MB")
        .stdout(log.expect("a file for the log"))
        .stderr(Stdio::null());
    command
}

/// Ports that nobody used a moment ago.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("bound").port())
}
