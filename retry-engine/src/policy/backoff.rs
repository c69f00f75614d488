//! How delays grow: numbers to numbers.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::error::PolicyError;
use crate::base::border::contained;
use crate::base::duration;
use crate::base::pool::Pool;

/// How the delay grows from one retry to the next, before the cap and before jitter.
///
/// With `k` the retry's number, from 1:
///
/// | backoff | delay before retry `k` |
/// |---|---|
/// | `Exponential` | `base · factor^(k-1)` |
/// | `Fixed` | `base` |
/// | `Linear` | `base · k` |
/// | `Fibonacci` | `base · F(k)`, with 1, 1, 2, 3, 5, 8 … |
/// | `List` | the `k`-th entry; the last one repeats |
/// | `Custom` | the value of your function for `k` |
///
/// All of them saturate at `Duration::MAX` and never panic, for any retry and any base. A `Custom` function that panics
/// counts as `Duration::MAX`, so the call waits for the cap.
///
/// ```
/// use retry_runtime::{Backoff, Policy};
/// use std::time::Duration;
///
/// fn quadratic(retry: u32) -> Duration {
///     Duration::from_millis(50).saturating_mul(retry.saturating_mul(retry))
/// }
/// const PATIENT: Policy = Policy::new().backoff(Backoff::Custom(quadratic)).checked();
///
/// let longest: Vec<_> = PATIENT.schedule().map(|delay| delay.longest.as_millis()).collect();
/// assert_eq!(longest, [50, 200, 450]);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Backoff {
    /// Multiplied by `factor` each time.
    Exponential,
    /// The same each time.
    Fixed,
    /// One more `base` each time.
    Linear,
    /// The Fibonacci numbers times `base`.
    Fibonacci,
    /// Written out; the last entry repeats. [`Backoff::list`] makes one of delays that the program computes.
    List(&'static [Duration]),
    /// Computed by a function of the retry's number, from 1. `base` and `factor` have no effect.
    Custom(fn(u32) -> Duration),
}

/// The lists that programs make while they run.
static LISTS: Pool<[Duration]> = Pool::new();

/// The most lists that a program can make while it runs, and the most entries of one: lists are never freed.
const MOST: usize = 1024;

impl Backoff {
    /// A list of delays that the program computes while it runs, such as one from its own configuration; the last entry
    /// repeats.
    ///
    /// Equal lists are kept once and never freed, so that a policy stays `Copy`.
    ///
    /// ```
    /// use retry_runtime::{Backoff, Jitter, Policy, PolicyError};
    /// use std::time::Duration;
    ///
    /// fn policy(delays: &[u64]) -> Result<Policy, PolicyError> {
    ///     let delays: Vec<Duration> = delays.iter().copied().map(Duration::from_millis).collect();
    ///     Policy::new().backoff(Backoff::list(&delays)?).jitter(Jitter::None).try_build()
    /// }
    ///
    /// let longest: Vec<_> = policy(&[50, 700])?.schedule().map(|d| d.longest.as_millis()).collect();
    /// assert_eq!(longest, [50, 700, 700]);
    /// assert_eq!(policy(&[]), Err(PolicyError::EmptyList));
    /// # Ok::<(), PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EmptyList`](PolicyError::EmptyList) for a list without entries, and
    /// [`TooManyDelays`](PolicyError::TooManyDelays) for one with more than 1024, or after 1024 different lists.
    #[inline]
    pub fn list(delays: &[Duration]) -> Result<Self, PolicyError> {
        if delays.is_empty() {
            return Err(PolicyError::EmptyList);
        }
        let kept = if delays.len() > MOST { None } else { LISTS.keep_up_to(MOST, delays) };
        kept.map(Backoff::List).ok_or(PolicyError::TooManyDelays)
    }

    /// The delay before retry `retry` (from 1), without cap and jitter.
    ///
    /// ```
    /// use retry_runtime::Backoff;
    /// use std::time::Duration;
    ///
    /// let base = Duration::from_millis(100);
    /// assert_eq!(Backoff::Exponential.delay(base, 2.0, 4), Duration::from_millis(800));
    /// assert_eq!(Backoff::Fibonacci.delay(base, 2.0, 5), Duration::from_millis(500));
    /// ```
    pub fn delay(self, base: Duration, factor: f64, retry: u32) -> Duration {
        let retry = retry.max(1);
        match self {
            Backoff::Exponential => duration::times(base, power(factor, retry - 1)),
            Backoff::Fixed => base,
            Backoff::Linear => base.saturating_mul(retry),
            Backoff::Fibonacci => duration::times(base, fibonacci(retry)),
            Backoff::List(entries) => {
                let last = entries.len().saturating_sub(1);
                entries.get(last.min(retry as usize - 1)).copied().unwrap_or_default()
            }
            Backoff::Custom(delay) => contained(|| delay(retry)).unwrap_or(Duration::MAX),
        }
    }

    /// Whether the delay depends on `factor`.
    pub const fn uses_factor(self) -> bool {
        matches!(self, Backoff::Exponential)
    }

    /// Whether the delay depends on `base`.
    pub const fn uses_base(self) -> bool {
        !matches!(self, Backoff::List(_) | Backoff::Custom(_))
    }
}

impl PartialEq for Backoff {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Backoff::List(one), Backoff::List(other)) => one == other,
            (Backoff::Custom(one), Backoff::Custom(other)) => std::ptr::fn_addr_eq(*one, *other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Eq for Backoff {}

impl Hash for Backoff {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Backoff::List(entries) => entries.hash(state),
            Backoff::Custom(delay) => (*delay as usize).hash(state),
            _ => {}
        }
    }
}

/// `factor` to the power of `exponent`; what is not a number grows no further than 1.
fn power(factor: f64, exponent: u32) -> f64 {
    if exponent == 0 || factor == 1.0 {
        return 1.0;
    }
    let power = factor.powi(i32::try_from(exponent).unwrap_or(i32::MAX));
    if power.is_nan() { 1.0 } else { power }
}

/// The `n`-th Fibonacci number, infinite when it is too large for a float.
fn fibonacci(n: u32) -> f64 {
    // F(1477) is above the largest float.
    let (mut previous, mut current) = (0.0_f64, 1.0_f64);
    for _ in 1..n.min(1477) {
        (previous, current) = (current, previous + current);
    }
    current
}

#[cfg(test)]
mod tests {
    use std::collections::hash_map::DefaultHasher;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::*;

    fn millis(backoff: Backoff, base: u64, factor: f64) -> Vec<u64> {
        let delay = |k| backoff.delay(Duration::from_millis(base), factor, k).as_millis() as u64;
        (1..=6).map(delay).collect()
    }

    #[test]
    fn each_backoff_grows_by_its_formula() {
        assert_eq!(millis(Backoff::Exponential, 100, 2.0), [100, 200, 400, 800, 1600, 3200]);
        assert_eq!(millis(Backoff::Exponential, 100, 1.0), [100; 6]);
        assert_eq!(millis(Backoff::Fixed, 100, 2.0), [100; 6]);
        assert_eq!(millis(Backoff::Linear, 100, 2.0), [100, 200, 300, 400, 500, 600]);
        assert_eq!(millis(Backoff::Fibonacci, 100, 2.0), [100, 100, 200, 300, 500, 800]);
        const LIST: &[Duration] = &[Duration::from_millis(5), Duration::from_millis(9)];
        assert_eq!(millis(Backoff::List(LIST), 100, 2.0), [5, 9, 9, 9, 9, 9]);
        assert_eq!(millis(Backoff::Custom(tenth), 100, 2.0), [10, 20, 30, 40, 50, 60]);
    }

    fn tenth(retry: u32) -> Duration {
        Duration::from_millis(10).saturating_mul(retry)
    }

    fn panics(retry: u32) -> Duration {
        panic!("expected for retry {retry}")
    }

    #[test]
    fn a_custom_backoff_that_panics_waits_for_the_cap() {
        let policy = crate::policy::Policy::new().backoff(Backoff::Custom(panics));
        assert_eq!(Backoff::Custom(panics).delay(Duration::ZERO, 2.0, 1), Duration::MAX);
        assert!(policy.schedule().all(|delay| delay.longest == Duration::from_secs(30)));
    }

    #[test]
    fn backoffs_are_equal_when_they_are_the_same_kind_with_the_same_parts() {
        const LISTS: [&[Duration]; 2] = [&[Duration::from_millis(5)], &[Duration::from_millis(6)]];
        let all = [
            Backoff::Fixed,
            Backoff::Linear,
            Backoff::List(LISTS[0]),
            Backoff::List(LISTS[1]),
            Backoff::Custom(tenth),
            Backoff::Custom(panics),
        ];
        let hash =
            |backoff: &Backoff| BuildHasherDefault::<DefaultHasher>::default().hash_one(backoff);
        for (i, one) in all.iter().enumerate() {
            for (j, other) in all.iter().enumerate() {
                assert_eq!(one == other, i == j, "{one:?} {other:?}");
                assert_eq!(hash(one) == hash(other), i == j, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn equal_lists_are_kept_once_and_too_many_are_refused() {
        let list = |number: usize| Backoff::list(&[Duration::from_nanos(number as u64)]);
        let kept = (0..MOST).filter(|number| list(*number).is_ok()).count();
        assert_eq!(kept, MOST, "the lists of other tests are in other processes or equal");
        assert_eq!(list(MOST), Err(PolicyError::TooManyDelays));
        assert_eq!(list(7), list(7), "a list that is kept is found");
        let long = vec![Duration::ZERO; MOST + 1];
        assert_eq!(Backoff::list(&long), Err(PolicyError::TooManyDelays));
    }

    #[test]
    fn no_retry_number_overflows() {
        for backoff in [Backoff::Exponential, Backoff::Fixed, Backoff::Linear, Backoff::Fibonacci] {
            for base in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
                for factor in [1.0, 2.0, 1e308, f64::INFINITY, f64::NAN] {
                    for retry in [0, 1, 2, 1024, 100_000, u32::MAX] {
                        let delay = backoff.delay(base, factor, retry);
                        assert_eq!(delay.is_zero(), base.is_zero(), "{backoff:?} {base:?} {retry}");
                    }
                }
            }
        }
        assert_eq!(Backoff::List(&[]).delay(Duration::MAX, 2.0, 7), Duration::ZERO);
    }
}
