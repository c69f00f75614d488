//! The program that is configured, and what the tests do with it.

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

/// Leaves everything to the lower layers.
#[retryable(name = "shipping::label")]
pub(crate) fn label(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

/// Does something in its first attempt.
#[retryable(base = "0s", budget = none, name = "switch::meddling")]
pub(crate) fn meddling(calls: &Cell<u32>, meddle: &dyn Fn()) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    if calls.get() == 1 {
        meddle();
    }
    Err(Trouble::Down)
}

static TURN: Mutex<()> = Mutex::new(());

/// The program for one test alone; without a configuration before and after.
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

/// Applies TOML, without the environment of whoever runs the tests.
pub(crate) fn apply(toml: &str) -> Result<Applied, ConfigErrors> {
    apply_with(toml, &[])
}

/// Applies TOML under these environment variables.
pub(crate) fn apply_with(toml: &str, variables: &[(&str, &str)]) -> Result<Applied, ConfigErrors> {
    retry_config::apply(Config::from_toml(toml)?.with_environment(variables.iter().copied()))
}

/// How often the body of `billing::charge` runs in one call.
pub(crate) fn attempts_of_charge() -> u32 {
    let calls = Cell::new(0);
    assert_eq!(charge(&calls), Err(Trouble::Down));
    calls.get()
}

/// The value of a setting, and where it comes from.
#[track_caller]
pub(crate) fn explained(name: &str, setting: &str) -> (String, String) {
    let explanation = retry_config::explain(name).expect("it is one of the functions above");
    let row = explanation.get(setting).expect("it is a setting");
    (row.value.clone(), row.origin.to_string())
}

/// Everything that holds, in one text.
pub(crate) fn everything() -> String {
    let names: Vec<String> =
        retry_config::export().sites.into_iter().map(|site| site.name).collect();
    let tables =
        names.iter().map(|name| retry_config::explain(name).expect("it is listed").to_string());
    tables.collect()
}

/// A file that is removed at the end.
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    /// A new file of this name, in a directory of its own.
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let directory = env::temp_dir().join(format!("retry-{}-{name}.d", process::id()));
        fs::create_dir_all(&directory).expect("the directory for temporary files can be written");
        let file = File(directory.join(name));
        file.write(text);
        file
    }

    pub(crate) fn write(&self, text: &str) {
        fs::write(&self.0, text).expect("the directory for temporary files can be written");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(directory) = self.0.parent() {
            // Left over, it is in nobody's way.
            let _ = fs::remove_dir_all(directory);
        }
    }
}
