//! The running program: applies a configuration, and tells the values in force.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use retry_runtime::Site;
use retry_runtime::control::{self, lock};
use serde::Serialize;

use super::change::{self, Change, changes};
use super::chaos;
use super::draft::Draft;
use super::explain::{self, Explanation};
use super::layers::Resolved;
use super::mistake::ConfigErrors;
use super::model::Config;
use super::origin::Origin;
use super::program::Program;
use super::resolve::Resolution;

/// The result of applying a configuration.
///
/// ```
/// let applied = retry_config::apply(retry_config::Config::default())?;
/// assert!(applied.changes.is_empty());
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Applied {
    /// Each value that changed; empty when none did.
    pub changes: Vec<Change>,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str("nothing changed");
        }
        let lines: Vec<String> = self.changes.iter().map(Change::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The configuration in force.
struct State {
    config: Option<Arc<Config>>,
    /// The functions to which it was applied, in the order of the values.
    sites: Vec<&'static Site>,
    resolution: Option<Resolution>,
}

/// Locked while a configuration is applied, so that two never mix.
static STATE: Mutex<State> =
    Mutex::new(State { config: None, sites: Vec::new(), resolution: None });

/// Reads a file and applies it: JSON when its name ends in `.json`, else TOML.
///
/// ```
/// match retry_config::load("retry.toml") {
///     Ok(applied) => println!("{applied}"),
///     Err(mistakes) => eprintln!("{mistakes}"), // each with its line and its remedy; nothing has changed
/// }
/// ```
///
/// # Errors
///
/// Every mistake in the file, by itself and against the program's functions. Then nothing changes.
pub fn load(path: impl AsRef<Path>) -> Result<Applied, ConfigErrors> {
    put(Draft::of_file(path.as_ref())?)
}

/// [`load`] for the bytes of a file that was read already.
#[cfg(feature = "watch")]
pub(super) fn load_read(path: &Path, bytes: Vec<u8>) -> Result<Applied, ConfigErrors> {
    put(Draft::of_bytes(path, Ok(bytes))?)
}

/// Applies a configuration and replaces the previous one.
///
/// All functions change at once; calls in flight keep the settings that they started with. Budgets and breakers whose
/// settings change keep their state: a debt stays, at most the new capacity, and an open breaker stays open.
///
/// # Errors
///
/// Every mistake in the configuration. Then nothing changes.
///
/// ```standalone_crate
/// # use retry_runtime::retryable;
/// use retry_config::Config;
///
/// #[retryable(max = 3, on = any, name = "billing::charge")]
/// fn charge() -> Result<u32, String> { Err("down".into()) }
///
/// let applied = retry_config::apply(Config::from_toml("[op.\"billing::*\"]\nmax = 5")?)?;
/// assert_eq!(
///     applied.to_string(),
///     "billing::charge: max 3 -> 5 (op.\"billing::*\".max at line 2)",
/// );
///
/// let error = retry_config::apply(Config::from_toml("[op.\"billing::chrage\"]\nmax = 5")?).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 1: op.\"billing::chrage\": unknown operation `billing::chrage`; did you mean `billing::charge`?",
/// );
/// # retry_config::reset();
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
pub fn apply(config: Config) -> Result<Applied, ConfigErrors> {
    put(config.into())
}

fn put(draft: Draft) -> Result<Applied, ConfigErrors> {
    control::on_declared(follow_declared);
    let program = Program::now();
    let (config, resolution) = draft.resolve(&program.list)?;
    Ok(replace(&program, resolution, Some(Arc::new(config))))
}

/// A function has been declared after the configuration: applies the configuration again, to it as well. If that is a
/// mistake, the function keeps the settings of its declaration, and a warning tells the mistake.
fn follow_declared() {
    while let Some(config) = current() {
        let program = Program::now();
        let resolution = match Draft::from(Config::clone(&config)).resolve(&program.list) {
            Ok((_, resolution)) => resolution,
            Err(mistakes) => {
                return control::config_refused(mistakes.len(), &mistakes);
            }
        };
        let settings = program.configuration(&resolution);
        settings.prepare();
        let mut state = lock(&STATE);
        // Another configuration may have been applied meanwhile.
        if !state.config.as_ref().is_some_and(|now| Arc::ptr_eq(now, &config)) {
            continue;
        }
        chaos::replace(program.faults(&resolution));
        let restart = settings.apply();
        (state.sites, state.resolution) = (program.sites, Some(resolution));
        drop(state);
        return restart.run();
    }
}

/// Removes the configuration: every function follows its attribute again.
///
/// ```
/// retry_config::reset();
/// assert!(retry_config::current().is_none());
/// ```
pub fn reset() -> Applied {
    let program = Program::now();
    replace(&program, untouched(&program), None)
}

fn replace(program: &Program, resolution: Resolution, config: Option<Arc<Config>>) -> Applied {
    let settings = program.configuration(&resolution);
    settings.prepare();
    let mut state = lock(&STATE);
    let before = held(&state, program);
    chaos::replace(program.faults(&resolution));
    let restart = settings.apply();
    let origin =
        |key: &str| config.as_ref().map_or(Origin::BuiltIn, |config| config.text.origin(key));
    let applied = Applied { changes: changes(&program.list, &before, &resolution, origin) };
    *state = State {
        config: config.clone(),
        sites: program.sites.clone(),
        resolution: Some(resolution),
    };
    // Without the lock, since a listener may call `current` or `explain`.
    drop(state);
    restart.run();
    change::announce(config.as_ref().and_then(|config| config.file()), &applied.changes);
    applied
}

/// The values before a change.
fn held(state: &State, program: &Program) -> Resolution {
    // A function that was listed later follows its attribute.
    let untouched = untouched(program);
    let Some(known) = &state.resolution else { return untouched };
    let sites = program.sites.iter().zip(untouched.sites).map(|(site, unset)| {
        let place = state.sites.iter().position(|known| std::ptr::eq(*known, *site));
        place.map_or(unset, |place| known.sites[place].clone())
    });
    Resolution { sites: sites.collect(), ..known.clone() }
}

/// The program without any configuration, and without the environment.
fn untouched(program: &Program) -> Resolution {
    let nothing = Config::default().with_environment(BTreeMap::<String, String>::new());
    let sites = &program.list.sites;
    let none = super::environment::Environment::default();
    Resolution {
        sites: sites.iter().map(|site| Resolved::of(&nothing, &none, site)).collect(),
        ..Resolution::default()
    }
}

/// The configuration that was applied last.
///
/// ```
/// if let Some(config) = retry_config::current() {
///     println!("retries are {}", if config.global.enabled == Some(false) { "off" } else { "on" });
/// }
/// ```
pub fn current() -> Option<Arc<Config>> {
    lock(&STATE).config.clone()
}

/// The values of the operation of this name now, each with its origin. When several functions share the name, the one
/// whose file and line come first is explained, and the others are listed by their places.
///
/// # Errors
///
/// No operation has this name; the message proposes the nearest one.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 2, on = any, name = "shipping::track")]
/// fn track() -> Result<u32, String> { Ok(1) }
///
/// let explanation = retry_config::explain("shipping::track")?;
/// let max = explanation.get("max").expect("every operation has one");
/// assert_eq!(max.value, "2");
/// assert!(max.origin.to_string().starts_with("attribute at "));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
pub fn explain(name: &str) -> Result<Explanation, ConfigErrors> {
    let program = Program::now();
    let resolution = held(&lock(&STATE), &program);
    explain::explain(&program.list, &resolution, name)
}

/// [`explain`] for every operation of the program, in the order of their names. All layers are resolved once, so that this takes little
/// longer than a single `explain`.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 2, on = any, name = "shipping::label")]
/// fn label() -> Result<u32, String> { Ok(1) }
///
/// let all = retry_config::explain_all();
/// assert!(all.iter().any(|explanation| explanation.name == "shipping::label"));
/// ```
pub fn explain_all() -> Vec<Explanation> {
    let program = Program::now();
    let resolution = held(&lock(&STATE), &program);
    explain::explain_all(&program.list, &resolution)
}

/// The program's annotated functions as data, for checking a configuration without the program.
///
/// ```
/// let sites = retry_config::export();
/// let json = serde_json::to_string(&sites)?;
/// assert_eq!(serde_json::from_str::<retry_config::SiteList>(&json)?, sites);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn export() -> super::SiteList {
    Program::now().list
}
