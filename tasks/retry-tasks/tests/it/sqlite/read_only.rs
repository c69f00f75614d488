//! A file that cannot be written. Since the superuser can write any file, the test then starts a process of another user.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

use retry_tasks::{Format, Phase, SqliteBuilder, StoreError, TaskError};

use super::{open, says, task};
use crate::folder::Folder;

const FILE: &str = "RETRY_TASKS_READ_ONLY_FILE";

fn deny_writing(path: &PathBuf) {
    let mut permissions = fs::metadata(path).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions).expect("set");
}

/// Not a test: the process that may read the file but not write it.
#[tokio::test]
#[ignore = "started by the test of a file that cannot be written"]
async fn reading_process() {
    let Some(path) = env::var_os(FILE).map(PathBuf::from) else { return };
    let denied = fs::OpenOptions::new().write(true).open(&path).expect_err("it may not");
    assert_eq!(denied.kind(), io::ErrorKind::PermissionDenied);
    let error = open(&path).expect_err("read-only");
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    says(error, &["cannot be written", "write access"]);

    // Beside a program that writes, and alone, where SQLite would have to create the files of its log.
    let tasks = SqliteBuilder::new(&path).read_only().open().expect("it may be read");
    let counts = tasks.counts().await.expect("counted");
    assert_eq!((counts.of(Phase::Pending), counts.total()), (1, 1));
    let page = tasks.list(retry_tasks::Filter::new(), Format::Full).await.expect("listed");
    let refused = tasks.cancel(page.tasks[0].id).await.expect_err("it may only read");
    assert!(matches!(refused, TaskError::Store(StoreError::ReadOnly { .. })), "{refused:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_written_is_named_and_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::time::Duration;

    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = open(&path).expect("a new file");
    tasks.submit(task("a")).await.expect("stored");
    deny_writing(&path);
    // A copy of the program, in a place where every user may start it.
    let program = folder.file("reader");
    fs::copy(env::current_exe().expect("the test's own file"), &program).expect("copied");
    let mut command = Command::new(&program);
    command.args(["sqlite::read_only::reading_process", "--exact", "--ignored"]).env(FILE, &path);
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        // As the superuser: become a user who may only read the folder.
        const NOBODY: u32 = 65_534;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
        // The files are for their owner alone, until the owner says otherwise.
        for end in ["", "-wal", "-shm"] {
            let file = folder.file(&format!("tasks.db{end}"));
            fs::set_permissions(file, fs::Permissions::from_mode(0o444)).expect("set");
        }
        command.uid(NOBODY).gid(NOBODY);
    } else {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).expect("set");
    }
    // A process that another test has forked during the copying may hold the copy open for writing until it executes
    // its own program. Until then, the system refuses to start the copy.
    let mut output = || loop {
        match command.output() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(5));
            }
            output => break output,
        }
    };
    let beside_a_writer = output();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
    drop(tasks);
    let alone = output();
    for output in [beside_a_writer, alone] {
        let output = output.expect("the copy starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
}

/// Windows has no superuser who can write a read-only file.
#[cfg(not(unix))]
#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    drop(open(&path).expect("a new file"));
    deny_writing(&path);
    says(open(&path).expect_err("read-only"), &["cannot be written", "write access"]);
}
