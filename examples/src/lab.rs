//! The environment of an example: a temporary folder, child programs, and tests that run one at a time.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs a test alone in the process, with budgets, breakers, settings and counters reset: they are process-wide, and
/// the tests of a binary run in parallel.
///
/// # Panics
///
/// Panics if the test panics.
pub fn alone(test: impl FnOnce()) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    retry_config::reset();
    retry_runtime::clear_all();
    for breaker in retry_runtime::breakers() {
        breaker.reset();
    }
    for site in retry_runtime::sites() {
        if let Some(budget) = retry_runtime::budget(site.name()) {
            budget.reset();
        }
    }
    test();
}

/// [`alone`] for `async` tests; `paused` stops tokio's clock.
///
/// # Panics
///
/// Panics if the test panics.
pub fn alone_async(paused: bool, test: impl AsyncFnOnce()) {
    alone(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(paused).build();
        runtime.expect("a runtime").block_on(test());
    });
}

/// A temporary folder, removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates an empty folder.
    ///
    /// # Errors
    ///
    /// Fails if the folder cannot be created.
    pub fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // A killed process with the same id may have left its folder behind.
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("retry-examples-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Scratch(path)),
            }
        }
    }

    /// The path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The path of a file in the folder as text, for command lines.
    pub fn text(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A killed daemon leaves its data folder mounted.
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
        for point in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
            if Path::new(point).starts_with(&self.0) {
                let _ = Command::new("umount").arg(point).status();
            }
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A child program, killed when this value is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts the program and writes its output to the file `log`.
    ///
    /// # Errors
    ///
    /// Fails if the program cannot be started.
    pub fn start(command: &mut Command, log: PathBuf) -> io::Result<Self> {
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output);
        Ok(Program { child: command.spawn()?, log })
    }

    /// Stops the program (`SIGSTOP`) and, where `/proc` exists, waits until all of its threads have stopped: a thread
    /// that has not received the signal yet may still answer.
    ///
    /// # Errors
    ///
    /// Fails if the program has ended, or has not stopped after a minute.
    pub async fn pause(&self) -> io::Result<()> {
        self.signal("STOP")?;
        let started = Instant::now();
        while !is_stopped(self.child.id()) {
            if started.elapsed() > Duration::from_secs(60) {
                return Err(io::Error::other("the program does not stop"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Sends the program a signal: `TERM`, `STOP` or `CONT`.
    ///
    /// # Errors
    ///
    /// Fails if the program has ended.
    pub fn signal(&self, signal: &str) -> io::Result<()> {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status()?;
        if sent.success() { Ok(()) } else { Err(io::Error::other(format!("`{kill}` failed"))) }
    }

    /// Kills the program (`SIGKILL`).
    ///
    /// # Errors
    ///
    /// Fails if the program cannot be killed.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// Asks the program to end (`SIGTERM`) and waits until it has ended.
    ///
    /// # Errors
    ///
    /// Fails if the program has ended already.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        self.signal("TERM")?;
        self.child.wait()
    }

    /// Waits until `ready` returns true.
    ///
    /// # Errors
    ///
    /// Fails with the last line of the program's output if the program ends, or is not ready after a minute.
    pub async fn until(&mut self, mut ready: impl AsyncFnMut() -> bool) -> io::Result<()> {
        let started = Instant::now();
        while !ready().await {
            let ended = self.child.try_wait()?;
            if ended.is_some() || started.elapsed() > Duration::from_secs(60) {
                let output = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last = output.lines().last().unwrap_or("no output");
                return Err(io::Error::other(format!("the program did not start: {last}")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether every thread of the process has stopped; always true without `/proc`.
fn is_stopped(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return true };
    threads.flatten().all(|thread| {
        // A thread that has just ended has no file. The name before the state may contain anything, even `)`.
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        !matches!(state, Some('R' | 'S' | 'D'))
    })
}

/// Whether a program with this name is on the search path or in a system folder.
pub fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // The folders for server programs, which are not on every user's path.
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&folders).chain(system).any(|folder| folder.join(program).is_file())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_paused_program_is_stopped_until_it_continues() {
        let folder = Scratch::new().expect("a folder");
        let mut busy = Command::new("sh");
        let program = Program::start(busy.args(["-c", "while :; do :; done"]), folder.file("log"))
            .expect("a shell");
        assert!(!is_stopped(program.child.id()));
        program.pause().await.expect("the program is running");
        assert!(is_stopped(program.child.id()));
        program.signal("CONT").expect("the program is running");
        while is_stopped(program.child.id()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
