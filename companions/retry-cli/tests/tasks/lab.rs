//! A temporary task file for one test, and helpers that run `retry tasks` on it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use retry_tasks::{Clock, Format, ManualClock, SqliteBuilder, TaskId, TaskInfo, Tasks};
use serde_json::Value;

use crate::worker::{Worker, parcel, send};

pub(crate) struct Lab {
    folder: PathBuf,
    pub(crate) tasks: Tasks,
}

impl Lab {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // A killed process with the same id may have left its folder behind.
        let folder = loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("retry-cli-tasks-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            match fs::create_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => break made.map(|()| folder).expect("the temporary directory is writable"),
            }
        };
        let tasks = Tasks::sqlite(folder.join("tasks.db")).expect("a new file");
        Lab { folder, tasks }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("tasks.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens the same file with a clock that is stopped in November 2023.
    pub(crate) fn long_ago(&self) -> Tasks {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
        SqliteBuilder::new(self.file()).clock(clock).open().expect("a sound file")
    }

    /// Starts the program that owns the tasks.
    pub(crate) fn worker(&self) -> Worker {
        Worker::of(&self.file())
    }

    /// Opens the desk, so that letters can be sent.
    pub(crate) fn open_the_desk(&self) {
        fs::write(self.folder.join("open"), "").expect("the folder can be written");
    }

    pub(crate) async fn letter(&self, to: &str) -> TaskId {
        let task = send::task(to.to_owned(), "4711".to_owned());
        self.tasks.submit(task).await.expect("stored")
    }

    pub(crate) async fn parcel(&self, weight: u32) -> TaskId {
        self.tasks.submit(parcel::task(weight)).await.expect("stored")
    }

    pub(crate) async fn info(&self, id: TaskId) -> TaskInfo {
        self.tasks.info(id, Format::Full).await.expect("there")
    }

    /// Waits until the task matches `is_reached`.
    pub(crate) async fn until(
        &self,
        id: TaskId,
        is_reached: impl Fn(&TaskInfo) -> bool,
    ) -> TaskInfo {
        let started = Instant::now();
        loop {
            let info = self.info(id).await;
            if is_reached(&info) {
                return info;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "not within 60 s: {info:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn until_ended(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state.is_ended()).await
    }

    /// `retry tasks VERB --db FILE ARGUMENTS`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let (verb, rest) = arguments.split_first().expect("a verb");
        let mut command = plain(&[verb]);
        command.arg("--db").arg(self.file()).args(rest);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary was built for this test")
    }

    /// The output of a run, which must succeed.
    #[track_caller]
    pub(crate) fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = text(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{arguments:?}: {error}");
        text(&output.stdout)
    }

    /// The output of a run with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.prints(&[arguments, &["--json"]].concat());
        serde_json::from_str(&printed).expect("the output is JSON")
    }

    /// The standard error of a run, which must end with this code.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        failed(code, &self.run(arguments))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A leftover folder does no harm: the system cleans its temporary directory.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// `retry tasks` without `RETRY_TASKS_DB` from the caller's environment.
pub(crate) fn plain(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retry"));
    command.arg("tasks").args(arguments).env_remove("RETRY_TASKS_DB").stdin(Stdio::null());
    command
}

/// The standard error of a run that must have ended with this code and printed nothing.
#[track_caller]
pub(crate) fn failed(code: i32, output: &Output) -> String {
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{error}");
    assert_eq!(out, "", "errors belong on standard error");
    error
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is UTF-8")
}

/// The lines, with each run of spaces between columns reduced to one.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
