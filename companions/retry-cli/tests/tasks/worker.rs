//! The program that owns the tasks: its functions, and the process that runs its worker.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use retry_runtime::{Classify, Interruption, retryable};
use retry_tasks::Tasks;

/// The environment variable that names the worker's task file; the file's folder is the desk.
const FILE: &str = "RETRY_CLI_TEST_WORKER";

#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum MailError {
    #[error("the desk is\nclosed")]
    #[classify(transient)]
    Closed,
    #[error("nobody of that name")]
    #[classify(permanent)]
    Unknown,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// A folder; the desk is open when the folder has a file named `open`.
pub(crate) struct Desk(PathBuf);

impl Desk {
    fn is_open(&self) -> bool {
        self.0.join("open").exists()
    }
}

/// A letter to `nobody` fails permanently. Every other letter waits for the desk to open: one to `patient` waits
/// inside its attempt, the others between attempts.
#[retryable(max = 2, base = "20ms", jitter = none, budget = none, idempotent, name = "mail::send",
    task(state(desk), redact(card)))]
pub(crate) async fn send(to: String, card: String, desk: &Desk) -> Result<String, MailError> {
    if to == "nobody" {
        return Err(MailError::Unknown);
    }
    if to == "patient" {
        let task = retry_tasks::current().ok_or(MailError::Unknown)?;
        task.progress(0.4);
        task.message("at the\ndesk");
        let _gone = Gone(&desk.0);
        while !desk.is_open() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    if desk.is_open() {
        Ok(format!("sent to {to} for {}", card.len()))
    } else {
        Err(MailError::Closed)
    }
}

/// Writes a file when the attempt is over, however the attempt ends.
struct Gone<'a>(&'a Path);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        // If this fails, the test that looks for the file fails.
        let _ = std::fs::write(self.0.join("gone"), "");
    }
}

#[retryable(on = any, max = 0, name = "parcel::send", task)]
pub(crate) async fn parcel(weight: u32) -> Result<u32, String> {
    if weight > 9 { Err("too heavy".to_owned()) } else { Ok(weight) }
}

/// Not a test: the main function of the process that [`Worker`] starts.
#[tokio::test]
#[ignore = "started by other tests"]
async fn process() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let tasks = Tasks::sqlite(&file).expect("a sound file");
    let desk = file.parent().expect("the file is in a folder").to_owned();
    let worker = tasks.worker().state(Desk(desk)).name("post office");
    // Short, so that an attempt is aborted soon after another process cancels its task.
    let worker = worker.lease(Duration::from_millis(600)).poll(Duration::from_millis(10));
    let _worker = worker.start().expect("the worker has every state");
    std::future::pending::<()>().await;
}

/// A process that runs the tasks of a file until this value is dropped.
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn of(file: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("the test's own file"));
        command.args(["worker::process", "--exact", "--ignored"]).env(FILE, file);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Worker(command.spawn().expect("the process can be started"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
