//! Where an example does its work: a folder of its own, programs that end with it, and tests one at a time.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs a test with the process to itself: budgets, breakers, settings and counts belong to the whole process,
/// and the tests of a binary run side by side.
///
/// # Panics
///
/// When the test does.
pub fn alone(test: impl FnOnce()) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    retry_runtime::config::reset();
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

/// [`alone`] for `async` tests, with tokio's clock paused or not.
///
/// # Panics
///
/// When the test does.
pub fn alone_async(paused: bool, test: impl AsyncFnOnce()) {
    alone(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(paused).build();
        runtime.expect("a runtime").block_on(test());
    });
}

/// A folder for temporary files, removed when it is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty one.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // A process of the same number, killed before it could tidy up, may have left one behind.
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

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file in it as text, for command lines.
    pub fn text(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A daemon that was killed leaves the mount of its data folder behind.
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
        for point in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
            if Path::new(point).starts_with(&self.0) {
                let _ = Command::new("umount").arg(point).status();
            }
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that the example has started, and ends at the latest when this value is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says goes to a file.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command, log: PathBuf) -> io::Result<Self> {
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output);
        Ok(Program { child: command.spawn()?, log })
    }

    /// Lets it hang (`SIGSTOP`) and, where the system can tell, waits until all of its threads stand still: one that
    /// has not heard of the signal yet may still answer.
    ///
    /// # Errors
    ///
    /// When it is not there any more, or goes on for a minute.
    pub async fn pause(&self) -> io::Result<()> {
        self.signal("STOP")?;
        let started = Instant::now();
        while !stands_still(self.child.id()) {
            if started.elapsed() > Duration::from_secs(60) {
                return Err(io::Error::other("it goes on although it was stopped"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Sends it a signal, by its number among the processes: `TERM`, `STOP`, `CONT`.
    ///
    /// # Errors
    ///
    /// When it is not there any more.
    pub fn signal(&self, signal: &str) -> io::Result<()> {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status()?;
        if sent.success() { Ok(()) } else { Err(io::Error::other(format!("`{kill}` failed"))) }
    }

    /// Ends it at once (`SIGKILL`).
    ///
    /// # Errors
    ///
    /// When it cannot be ended.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// Asks it to end (`SIGTERM`) and waits for that.
    ///
    /// # Errors
    ///
    /// When it is not there any more.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        self.signal("TERM")?;
        self.child.wait()
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    ///
    /// When it has ended, or is not ready after a minute: with the end of what it said.
    pub async fn until(&mut self, mut ready: impl AsyncFnMut() -> bool) -> io::Result<()> {
        let started = Instant::now();
        while !ready().await {
            let ended = self.child.try_wait()?;
            if ended.is_some() || started.elapsed() > Duration::from_secs(60) {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last = said.lines().last().unwrap_or("it said nothing");
                return Err(io::Error::other(format!("it did not come up: {last}")));
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

/// Whether no thread of this process runs; true where there is no `/proc` to ask.
fn stands_still(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return true };
    threads.flatten().all(|thread| {
        // A thread that has just ended has no file any more. The name before the state may hold anything, `)` too.
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        !matches!(state, Some('R' | 'S' | 'D'))
    })
}

/// Whether a program of this name is on the search path.
pub fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // Not on every user's path, and where servers are.
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&folders).chain(more).any(|folder| folder.join(program).is_file())
}

/// Whether this process may do what only the administrator may.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_is_paused_stands_still_until_it_goes_on() {
        let folder = Scratch::new().expect("a folder");
        let mut busy = Command::new("sh");
        let program = Program::start(busy.args(["-c", "while :; do :; done"]), folder.file("log"))
            .expect("there is a shell");
        assert!(!stands_still(program.child.id()));
        program.pause().await.expect("it runs");
        assert!(stands_still(program.child.id()));
        program.signal("CONT").expect("it is there");
        while stands_still(program.child.id()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
