//! Scripts: the behaviour of the body, with an item for each run.

use std::cell::Cell;
use std::fmt;
use std::future::pending;
use std::time::Duration;

use crate::virtual_time;

/// The behaviour of one run of the body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) act: Act,
    pub(super) takes: Duration,
    pub(super) hint: Option<Hint>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Ok(String),
    Err(String),
    Status(u16),
    Hang,
}

/// The server's hint about the next attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hint {
    After(Duration),
    /// A negative pushback of gRPC: do not retry.
    Never,
}

/// The body: plays the steps in order, and repeats the last one for ever if the script says so.
pub(super) struct Script {
    steps: Vec<(Step, Option<u32>)>,
    calls: Cell<u32>,
}

impl Script {
    pub(super) fn parse(items: &[String]) -> Result<Script, String> {
        let steps = items.iter().map(|item| step(item)).collect::<Result<_, _>>()?;
        Ok(Script { steps, calls: Cell::new(0) })
    }

    /// The number of runs of the body.
    pub(super) fn calls(&self) -> u32 {
        self.calls.get()
    }

    pub(super) fn hangs(&self) -> bool {
        self.steps.iter().any(|(step, _)| step.act == Act::Hang)
    }

    /// The step for the next run.
    pub(super) fn next(&self) -> Step {
        let call = self.calls.replace(self.calls.get() + 1);
        let mut first = 0;
        for (step, times) in &self.steps {
            match times {
                Some(times) if call >= first + times => first += times,
                _ => return step.clone(),
            }
        }
        panic!("the script has no item for call {}", call + 1)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.steps).finish()
    }
}

impl Step {
    /// Spends the step's time on tokio's clock.
    pub(super) async fn pass(&self) {
        if self.act == Act::Hang {
            pending::<()>().await;
        }
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
    }

    /// Spends the step's time on this thread's virtual clock.
    pub(super) fn pass_blocking(&self) {
        assert_ne!(self.act, Act::Hang, "a hanging sync body never returns");
        virtual_time::advance(self.takes);
    }
}

/// Parses an item: `err:E@100ms x3`, `status:503 retry_after=2s`, `ok:v *`, `hang`.
fn step(item: &str) -> Result<(Step, Option<u32>), String> {
    let (mut times, mut hint) = (Some(1), None);
    let mut words = item.split(' ');
    let head = words.next().unwrap_or_default();
    for word in words {
        if word.starts_with('(') {
            break;
        }
        if word == "*" {
            times = None;
        } else if let Some(count) = word.strip_prefix('x') {
            times = Some(count.parse().map_err(|_| format!("`{word}` is no repetition"))?);
        } else if let Some(after) =
            word.strip_prefix("retry_after=").or(word.strip_prefix("pushback="))
        {
            hint = Some(match after.strip_prefix('-') {
                Some(_) => Hint::Never,
                None => Hint::After(duration(after)?),
            });
        } else {
            return Err(format!("`{word}` in `{item}` is no suffix"));
        }
    }
    let (what, takes) = match head.split_once('@') {
        Some((what, takes)) => (what, duration(takes)?),
        None => (head, Duration::ZERO),
    };
    Ok((Step { act: act(what)?, takes, hint }, times))
}

fn act(what: &str) -> Result<Act, String> {
    match what.split_once(':') {
        None if what == "ok" => Ok(Act::Ok(String::new())),
        None if what == "hang" => Ok(Act::Hang),
        Some(("ok", value)) => Ok(Act::Ok(value.to_owned())),
        // In Rust, a body that fails before its first await returns the same `Err` (D04).
        Some(("err" | "throw", name)) => Ok(Act::Err(name.to_owned())),
        Some(("status", code)) => {
            code.parse().map(Act::Status).map_err(|_| format!("`{code}` is no status"))
        }
        _ => Err(format!("`{what}` is no step")),
    }
}

/// `100ms`, `2s`, `1.5s`; a bare number is milliseconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| format!("`{text}` is no duration"))?;
    let seconds = match &text[digits.len()..] {
        "ns" => number / 1e9,
        "us" => number / 1e6,
        "ms" | "" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        unit => return Err(format!("`{unit}` is no unit")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("`{text}`: {error}"))
}

#[test]
fn a_script_plays_its_items_in_order_and_the_last_for_ever() {
    let items = ["err:A x2", "status:503@100ms retry_after=2s", "ok:v * (remark)"];
    let script = Script::parse(&items.map(String::from)).unwrap();
    let played: Vec<Step> = (0..5).map(|_| script.next()).collect();
    let plain = |act| Step { act, takes: Duration::ZERO, hint: None };
    assert_eq!(played[0], plain(Act::Err("A".into())));
    assert_eq!(played[1], plain(Act::Err("A".into())));
    assert_eq!(played[2].act, Act::Status(503));
    assert_eq!(played[2].takes, Duration::from_millis(100));
    assert_eq!(played[2].hint, Some(Hint::After(Duration::from_secs(2))));
    assert_eq!(played[3], plain(Act::Ok("v".into())));
    assert_eq!(played[4], played[3]);
    assert_eq!(script.calls(), 5);
}

#[test]
fn an_invalid_script_is_refused() {
    for item in ["fine", "ok:v twice", "err:E@soon", "status:many", "err:E xx", "ok @1s"] {
        assert!(Script::parse(&[item.to_owned()]).is_err(), "{item}");
    }
}
