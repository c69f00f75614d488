//! The annotated functions that the tests configure, and helpers to configure them.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs, process};

use retry_config::{Applied, Config, ConfigErrors};
use retry_runtime::{Classify, Interruption, retryable};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
pub(crate) enum Trouble {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("perhaps")]
    #[classify(ambiguous)]
    Perhaps,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(max = 3, base = "0s", cap = "10s", budget = none, name = "billing::charge")]
pub(crate) fn charge(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

#[retryable(max = 2, base = "0s", idempotent, budget = none, name = "billing::refund")]
pub(crate) fn refund(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Perhaps)
}

#[retryable(base = "0s", deadline = "20s", budget = "shared", name = "billing::v2::quote")]
pub(crate) async fn quote(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

#[retryable(
    name = "shipping::track",
    breaker("carrier", consecutive = 3),
    budget("shared", capacity = 5)
)]
pub(crate) async fn track(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

/// Has no settings of its own.
#[retryable(name = "shipping::label")]
pub(crate) fn label(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

/// Calls `meddle` in its first attempt.
#[retryable(base = "0s", budget = none, name = "switch::meddling")]
pub(crate) fn meddling(calls: &Cell<u32>, meddle: &dyn Fn()) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    if calls.get() == 1 {
        meddle();
    }
    Err(Trouble::Down)
}

static TURN: Mutex<()> = Mutex::new(());

/// Gives one test exclusive use of the process and resets the configuration before and after.
pub(crate) struct Turn(#[allow(dead_code, reason = "held")] MutexGuard<'static, ()>);

pub(crate) fn turn() -> Turn {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    retry_config::reset();
    Turn(turn)
}

impl Drop for Turn {
    fn drop(&mut self) {
        retry_config::reset();
    }
}

/// Applies TOML and ignores the environment of the test run.
pub(crate) fn apply(toml: &str) -> Result<Applied, ConfigErrors> {
    apply_with(toml, &[])
}

/// Applies TOML with these environment variables.
pub(crate) fn apply_with(toml: &str, variables: &[(&str, &str)]) -> Result<Applied, ConfigErrors> {
    retry_config::apply(Config::from_toml(toml)?.with_environment(variables.iter().copied()))
}

/// The number of attempts that one call of `billing::charge` makes.
pub(crate) fn attempts_of_charge() -> u32 {
    let calls = Cell::new(0);
    assert_eq!(charge(&calls), Err(Trouble::Down));
    calls.get()
}

/// The value and the source of a setting.
#[track_caller]
pub(crate) fn explained(name: &str, setting: &str) -> (String, String) {
    let explanation = retry_config::explain(name).expect("the name of a function above");
    let row = explanation.get(setting).expect("the name of a setting");
    (row.value.clone(), row.origin.to_string())
}

/// All current settings as one text.
pub(crate) fn everything() -> String {
    let names: Vec<String> =
        retry_config::export().sites.into_iter().map(|site| site.name).collect();
    let tables = names
        .iter()
        .map(|name| retry_config::explain(name).expect("the name was listed").to_string());
    tables.collect()
}

/// A file that is removed when dropped.
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    /// Creates a file with this name in its own directory.
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let directory = env::temp_dir().join(format!("retry-{}-{name}.d", process::id()));
        fs::create_dir_all(&directory).expect("the temporary directory is writable");
        let file = File(directory.join(name));
        file.write(text);
        file
    }

    pub(crate) fn write(&self, text: &str) {
        fs::write(&self.0, text).expect("the temporary directory is writable");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(directory) = self.0.parent() {
            // A leftover file does no harm.
            let _ = fs::remove_dir_all(directory);
        }
    }
}
