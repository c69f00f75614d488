//! Watches a file, and applies it whenever it changes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fmt, fs, thread};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use retry_runtime::control::{self, lock};

use super::mistake::{ConfigErrors, Mistake};
use super::{Origin, live};

/// Editors write a file in several steps: the file is read when nothing has changed for this long.
const QUIET: Duration = Duration::from_millis(50);

/// The most changes to wait for: in a busy directory the file must be read at last.
const MOST_STEPS: u32 = 40;

/// Watches a file until it is dropped.
///
/// A file with a mistake changes nothing; the mistake is logged through `tracing` and kept as
/// [`last_error`](Watcher::last_error). An empty file is a mistake.
///
/// ```
/// # let path = std::env::temp_dir().join(format!("retry-docs-watcher-{}.toml", std::process::id()));
/// # std::fs::write(&path, "[defaults]\nmax = 2\n").expect("a temporary file");
/// let watcher = retry_config::watch(&path)?;
/// assert_eq!(watcher.path(), path);
/// assert!(watcher.last_error().is_none());
/// # drop(watcher);
/// # std::fs::remove_file(&path).expect("the file is there");
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[must_use = "the file is watched until this is dropped"]
pub struct Watcher {
    path: PathBuf,
    seen: Arc<Seen>,
    // Dropping it closes the channel, which ends the thread.
    _watcher: RecommendedWatcher,
}

/// The results of reading the file so far.
#[derive(Default)]
struct Seen {
    /// `None` when the last reading was applied.
    error: Mutex<Option<ConfigErrors>>,
    readings: AtomicU64,
}

/// Loads a file, and loads it again whenever it changes.
///
/// The directory is watched, not the file, so that replacing the file (an editor, a deployment that moves a link) is
/// noticed. Several changes within 50 ms count as one.
///
/// ```
/// fn start() -> Result<retry_config::Watcher, retry_config::ConfigErrors> {
///     retry_config::watch("retry.toml") // until the value is dropped
/// }
/// # let _ = start;
/// ```
///
/// # Errors
///
/// The errors of [`load`](super::load), or why the file cannot be watched.
pub fn watch(path: impl Into<PathBuf>) -> Result<Watcher, ConfigErrors> {
    let path = path.into();
    let unwatched = |error: &dyn fmt::Display| {
        let message = format!("the file cannot be watched: {error}");
        ConfigErrors::from(Mistake::new(Origin::file(&path), message))
    };
    let (sender, receiver) = mpsc::channel();
    let told = move |event: notify::Result<Event>| {
        // Reading the file is an event as well, and must not cause the next reading.
        if !event.is_ok_and(|event| is_reading(event.kind)) {
            // The receiver is gone when the thread has ended.
            let _ = sender.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(told).map_err(|e| unwatched(&e))?;
    watcher.watch(directory(&path), RecursiveMode::NonRecursive).map_err(|e| unwatched(&e))?;
    // Watched first and read second, so that no change is missed.
    let text = fs::read(&path).ok();
    live::load(&path)?;
    let seen = Arc::new(Seen::default());
    let follower = Follower { path: path.clone(), seen: Arc::clone(&seen), text };
    thread::Builder::new()
        .name("retry-config".to_owned())
        .spawn(move || follower.run(&receiver))
        .map_err(|error| unwatched(&error))?;
    Ok(Watcher { path, seen, _watcher: watcher })
}

/// Whether the event leaves the file unchanged.
fn is_reading(kind: EventKind) -> bool {
    let written = AccessKind::Close(AccessMode::Write);
    matches!(kind, EventKind::Access(access) if access != written)
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

impl Watcher {
    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The mistakes at the last reading; `None` when the file was applied.
    pub fn last_error(&self) -> Option<ConfigErrors> {
        lock(&self.seen.error).clone()
    }

    /// The number of readings since the first, with or without mistakes.
    pub fn readings(&self) -> u64 {
        self.seen.readings.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("path", &self.path)
            .field("last_error", &self.last_error())
            .finish_non_exhaustive()
    }
}

/// The thread behind a watcher.
struct Follower {
    path: PathBuf,
    seen: Arc<Seen>,
    /// The bytes at the last reading; `None` when the file could not be read.
    text: Option<Vec<u8>>,
}

impl Follower {
    fn run(mut self, changes: &Receiver<()>) {
        while changes.recv().is_ok() {
            if !settled(changes) {
                return;
            }
            self.look();
        }
    }

    /// Loads the file if its bytes have changed.
    fn look(&mut self) {
        let text = fs::read(&self.path).ok();
        if text == self.text {
            return;
        }
        self.text.clone_from(&text);
        let loaded = match text {
            Some(text) if text.trim_ascii().is_empty() => Err(emptied(&self.path)),
            Some(text) => live::load_read(&self.path, text),
            // `load` reports why the file cannot be read.
            None => live::load(&self.path),
        };
        let error = loaded.err();
        if let Some(error) = &error {
            control::config_refused(error.len(), error);
        }
        *lock(&self.seen.error) = error;
        self.seen.readings.fetch_add(1, Ordering::Release);
    }
}

/// The error for an empty file, which would remove every setting.
fn emptied(path: &Path) -> ConfigErrors {
    let message = "the file is empty, and the previous configuration stays in force: was it cut off? To remove \
                   every setting, write `[defaults]` alone";
    Mistake::new(Origin::file(path), message).into()
}

/// Waits until the changes stop; false when the watcher is gone.
fn settled(changes: &Receiver<()>) -> bool {
    for _ in 0..MOST_STEPS {
        match changes.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, ModifyKind};

    use super::*;

    #[test]
    fn what_only_reads_is_no_change() {
        assert!(is_reading(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(is_reading(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(!is_reading(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(!is_reading(EventKind::Modify(ModifyKind::Any)));
        assert!(!is_reading(EventKind::Create(CreateKind::File)));
    }

    #[test]
    fn changes_that_follow_on_each_other_are_one_and_the_end_of_them_ends_the_thread() {
        let (sender, receiver) = mpsc::channel();
        sender.send(()).unwrap();
        sender.send(()).unwrap();
        assert!(settled(&receiver));
        assert!(receiver.try_recv().is_err(), "both have passed");
        drop(sender);
        assert!(!settled(&receiver));
    }

    #[test]
    fn the_directory_of_a_bare_name_is_the_present_one() {
        assert_eq!(directory(Path::new("retry.toml")), Path::new("."));
        assert_eq!(directory(Path::new("etc/retry.toml")), Path::new("etc"));
    }
}
