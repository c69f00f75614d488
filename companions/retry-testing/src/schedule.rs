//! The exact ranges of a policy's delays, for snapshot tests.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use retry_runtime::{DelayRange, Policy};

/// The number of retries that are listed for a policy without a limit.
const LISTED: usize = 20;

/// The schedule of a policy: the range of the delay before each retry. For a policy without a limit on attempts, the
/// first 20 retries.
///
/// The schedule derefs to the ranges, and its `Display` is a table for snapshot tests:
///
/// ```
/// use retry_runtime::Policy;
/// use retry_testing as testing;
///
/// const PATIENT: Policy = Policy::new().max(3).checked();
///
/// let schedule = testing::schedule(&PATIENT);
/// assert_eq!(schedule.len(), 3);
/// assert_eq!(
///     schedule.to_string(),
///     "retry 1: 0ns to 1s, up to 1s in all\n\
///      retry 2: 0ns to 2s, up to 3s in all\n\
///      retry 3: 0ns to 4s, up to 7s in all\n"
/// );
/// ```
///
/// [`Site::policy`](retry_runtime::Site::policy) returns the policy of an annotated function.
pub fn schedule(policy: &Policy) -> Schedule {
    let limit = policy.limit();
    let listed = limit.map_or(LISTED, |limit| limit as usize);
    Schedule { ranges: policy.schedule().take(listed).collect(), limit }
}

/// The delays of a policy; see [`schedule`].
///
/// ```
/// use retry_runtime::Policy;
///
/// let schedule = retry_testing::schedule(&Policy::new().max(2));
/// assert_eq!(schedule[1].longest, std::time::Duration::from_secs(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    ranges: Vec<DelayRange>,
    limit: Option<u32>,
}

impl Deref for Schedule {
    type Target = [DelayRange];

    fn deref(&self) -> &[DelayRange] {
        &self.ranges
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut total = Duration::ZERO;
        for DelayRange { retry, shortest, longest } in &self.ranges {
            total = total.saturating_add(*longest);
            match shortest == longest {
                true => write!(f, "retry {retry}: {longest:?}")?,
                false => write!(f, "retry {retry}: {shortest:?} to {longest:?}")?,
            }
            writeln!(f, ", up to {total:?} in all")?;
        }
        if self.limit.is_none() {
            writeln!(f, "and so on, without a limit")?;
        }
        Ok(())
    }
}
