//! Tables about the number of attempts.

use super::expect::{Expect, same};
use super::run::Case;
use super::settings::Settings;
use super::{Vector, fields, scripts};
use fields::Fields;
use retry_runtime::{Class, Classify, Kind, Policy};

pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let (columns, rows) = vector.table()?;
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    match columns[..] {
        ["attempt", "elapsed_s", "stop_any", _] => Some(rows.into_iter().try_for_each(stop_any)),
        ["first_outcome", "retried", _] => Some(rows.into_iter().try_for_each(marker)),
        _ => None,
    }
}

/// After 4 attempts or 1 second: either of our limits stops the call; `stop_all` is not offered.
fn stop_any(row: serde_norway::Mapping) -> Result<(), String> {
    let cfg = serde_norway::from_str("{max_attempts: 4, total_timeout_s: 1, delay_ms: 0}");
    let cfg = cfg.expect("a map");
    let settings = Settings::of(&Fields::of(Some(&cfg)), None)?;
    let attempt = row["attempt"].as_u64().ok_or("no attempt")? as u32;
    let (stops, elapsed) = (row["stop_any"].as_bool(), fields::text(&row["elapsed_s"]));
    // The last attempt ends at the given time; earlier ones take no time.
    let mut script = vec![format!("err:E@{elapsed}s"), "ok *".to_owned()];
    if attempt > 1 {
        script.insert(0, format!("err:E x{}", attempt - 1));
    }
    let calls = if stops == Some(true) { attempt } else { attempt + 1 };
    let expect = Expect { calls: Some(calls), ..Expect::default() };
    let case = Case { settings, script, cancel: None };
    scripts::once(&case, &expect).map_err(|what| format!("{row:?}: {what}"))
}

/// An error marked as permanent, alone and wrapped in another error.
#[derive(Debug, thiserror::Error, Classify)]
enum Marked {
    #[error("EOF")]
    #[classify(transient)]
    Eof,
    #[error("permanent: {0}")]
    #[classify(permanent)]
    Permanent(Box<Marked>),
    #[error("wrapped: {0}")]
    #[classify(inherit)]
    Wrapped(Box<Marked>),
}

/// A permanent error is found through its wrappers, in our own error types and in boxed ones.
fn marker(row: serde_norway::Mapping) -> Result<(), String> {
    let permanent = || Marked::Permanent(Box::new(Marked::Eof));
    let error: Option<fn() -> Marked> = match fields::text(&row["first_outcome"]).as_str() {
        "ok:1" => None,
        "err:EOF" => Some(|| Marked::Eof),
        "err:Permanent(EOF)" => Some(|| Marked::Permanent(Box::new(Marked::Eof))),
        "err:wrapped(Permanent(EOF))" => {
            Some(|| Marked::Wrapped(Box::new(Marked::Permanent(Box::new(Marked::Eof)))))
        }
        other => return Err(format!("`{other}` is not mapped")),
    };
    same("kind", permanent().classify(), Class::new(Kind::Permanent))?;
    let mut calls = 0;
    let policy = Policy::new().max(1).base(std::time::Duration::ZERO);
    let _ = policy.call(|_| {
        calls += 1;
        error.map_or(Ok(1), |error| Err(error()))
    });
    same(&format!("{row:?}: retried"), Some(calls > 1), row["retried"].as_bool())
}
