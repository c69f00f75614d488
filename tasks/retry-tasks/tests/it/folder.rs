//! A temporary folder for one test.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // A killed process with the same number may have left a folder behind.
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("retry-tasks-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => break made.map(|()| Folder(path)).expect("a folder for temporary files"),
            }
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system removes temporary files that this cannot.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
