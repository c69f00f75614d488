//! A PostgreSQL server of the test's own, on loopback with a data directory of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The user that runs the server where the test is run by root, for whom PostgreSQL refuses to work: `nobody`.
const NOBODY: u32 = 65534;

pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    pub(crate) port: u16,
    child: Option<Child>,
    /// Settings besides the defaults.
    settings: &'static [&'static str],
}

/// The tests crash the server and never the machine, so that nobody needs to wait for the disk.
const QUICK: &[&str] = &["max_connections=60", "fsync=off"];

/// Starts a server; `None`, with a message, where PostgreSQL is not installed.
pub(crate) fn server() -> Option<Server> {
    server_with(QUICK)
}

/// Starts a server with these settings besides the defaults.
pub(crate) fn server_with(settings: &'static [&'static str]) -> Option<Server> {
    let Some(programs) = programs() else {
        println!("passed over: PostgreSQL is not installed; `cargo xtask install` installs it");
        return None;
    };
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("retry-tasks-postgres-{}-{count}", std::process::id()));
    std::fs::create_dir(&folder).expect("a new folder");
    if is_root() {
        std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    let mut server = Server { programs, folder, port: free_port(), child: None, settings };
    let options = ["-U", "retry", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    let mut initdb = server.program("initdb");
    let made = initdb.arg("-D").arg(server.data()).args(options).output().expect("initdb runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    server.start();
    Some(server)
}

impl Server {
    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://retry@127.0.0.1:{}/postgres", self.port)
    }

    /// Makes a new database in place of the one with this name. Returns its address.
    pub(crate) fn new_database(&self, name: &str) -> String {
        let at = ["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "retry"];
        for words in [&["dropdb", "--if-exists", "--force"][..], &["createdb"][..]] {
            let mut command = self.program(words[0]);
            let done = command.args(at).args(&words[1..]).arg(name).output().expect("it runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        format!("postgres://retry@127.0.0.1:{}/{name}", self.port)
    }

    /// The name and version of the server.
    pub(crate) fn version(&self) -> String {
        let told = self.program("postgres").arg("--version").output().expect("it runs");
        let told = String::from_utf8_lossy(&told.stdout);
        let version = told.split_whitespace().nth(2).unwrap_or_default();
        format!("PostgreSQL {version}")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.folder).stdin(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Starts the server and waits until it takes connections.
    pub(crate) fn start(&mut self) {
        let log = std::fs::File::create(self.folder.join("log")).expect("a log");
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        let reachable = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
        for setting in reachable.iter().chain(self.settings) {
            postgres.args(["-c", setting]);
        }
        self.child = Some(postgres.stderr(log).spawn().expect("postgres runs"));
        let start = Instant::now();
        while !self.is_ready() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server starts");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_ready(&self) -> bool {
        let mut ready = self.program("pg_isready");
        ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        ready.status().is_ok_and(|status| status.success())
    }

    /// Stops the server as a crash would: it recovers at the next start.
    pub(crate) fn crash(&mut self) {
        self.stop("immediate");
    }

    fn stop(&mut self, mode: &str) {
        let Some(mut child) = self.child.take() else { return };
        let mut stop = self.program("pg_ctl");
        let _ = stop.args(["stop", "-s", "-m", mode, "-D"]).arg(self.data()).status();
        let _ = child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop("immediate");
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("postgres")).collect::<Vec<_>>()
    });
    // Debian keeps each version in a folder of its own.
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin/postgres"));
    let found = on_path.chain(installed).find(|program| program.exists())?;
    found.canonicalize().ok()?.parent().map(Path::to_owned)
}
