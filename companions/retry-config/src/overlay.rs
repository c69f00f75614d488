//! How a setting is put into a policy, and read from one.

use std::time::Duration;

use super::value::{Growth, TimeLimit};
use retry_runtime::Backoff;
use retry_runtime::control::Pool;

/// A part of a policy that a setting of type `S` sets.
pub(crate) trait Part<S> {
    fn put(&mut self, setting: &S);
    /// The setting that gives this part; `None` when nothing needs to be set.
    fn get(&self) -> Option<S>;
}

impl<S: Clone> Part<S> for S {
    fn put(&mut self, setting: &S) {
        self.clone_from(setting);
    }

    fn get(&self) -> Option<S> {
        Some(self.clone())
    }
}

impl<S: Clone> Part<S> for Option<S> {
    fn put(&mut self, setting: &S) {
        *self = Some(setting.clone());
    }

    fn get(&self) -> Option<S> {
        self.clone()
    }
}

impl Part<TimeLimit> for Option<Duration> {
    fn put(&mut self, limit: &TimeLimit) {
        *self = match limit {
            TimeLimit::None => None,
            TimeLimit::After(time) => Some(*time),
        };
    }

    fn get(&self) -> Option<TimeLimit> {
        self.map(TimeLimit::After)
    }
}

/// The lists of delays in policies; a call in flight may use one for as long as the process runs.
static LISTS: Pool<[Duration]> = Pool::new();

impl Part<Growth> for Backoff {
    fn put(&mut self, growth: &Growth) {
        *self = match growth {
            Growth::Exponential => Backoff::Exponential,
            Growth::Fixed => Backoff::Fixed,
            Growth::Linear => Backoff::Linear,
            Growth::Fibonacci => Backoff::Fibonacci,
            Growth::List(delays) => Backoff::List(LISTS.keep(&delays[..])),
            Growth::Custom => Backoff::Custom(unknown),
        };
    }

    fn get(&self) -> Option<Growth> {
        Some(match self {
            Backoff::Exponential => Growth::Exponential,
            Backoff::Fixed => Growth::Fixed,
            Backoff::Linear => Growth::Linear,
            Backoff::Fibonacci => Growth::Fibonacci,
            Backoff::List(delays) => Growth::List(delays.to_vec()),
            Backoff::Custom(_) => Growth::Custom,
            // The enum is not exhaustive for other crates, and the list above is complete.
            _ => return None,
        })
    }
}

/// Stands for a function of the program where a policy is checked as data.
fn unknown(_: u32) -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_are_kept_once() {
        let delays = [Duration::from_millis(17), Duration::from_millis(71)];
        assert!(std::ptr::eq(LISTS.keep(&delays[..]), LISTS.keep(&delays[..])));
    }
}
