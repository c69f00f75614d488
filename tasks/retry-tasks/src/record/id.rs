//! The identifier of a task.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use retry_runtime::CallId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base::clock::{Clock, SystemClock};
use crate::base::time::Time;

/// The identifier of a task: a UUID of version 7 (RFC 9562), so that later tasks have greater identifiers.
///
/// Every attempt of the task, on every machine, sees the same number as its [`CallId`]. Send it as the
/// `Idempotency-Key` header.
///
/// ```
/// use retry_tasks::TaskId;
///
/// let id: TaskId = "018bcfe5-6800-7000-8000-0123456789ab".parse()?;
/// assert_eq!(id.to_string(), "018bcfe5-6800-7000-8000-0123456789ab");
/// # Ok::<(), retry_tasks::NoTaskId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u128);

/// How far a clock may step back without disturbing the order of identifiers: an identifier's time is later than the
/// creation of its task by no more than this.
pub(crate) const STEP_BACK: Duration = Duration::from_secs(24 * 3600);

impl TaskId {
    /// Creates a unique identifier that is greater than all earlier ones that stores have made in this process. A store
    /// whose time is more than [`STEP_BACK`] earlier than another's starts anew.
    pub(crate) fn new(now: Time) -> Self {
        // Stores whose clocks are years apart, as a test's, do not disturb each other: a number for each 2.2 years (2^36 ms).
        static LAST: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];
        TaskId::after(&LAST[(now.as_millis() >> 36) as usize % LAST.len()], now)
    }

    /// Creates an identifier of this time that is greater than the last one, if that is not too far ahead.
    fn after(last: &AtomicU64, now: Time) -> Self {
        let stamp = |time: Time| time.as_millis() << 12;
        let (now, ahead) = (stamp(now), stamp(now + STEP_BACK));
        // 48 bits of milliseconds, then 12 bits that count the identifiers made within one millisecond.
        let next = |last: u64| if last < ahead { now.max(last + 1) } else { now };
        let last = last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let stamp = u128::from(next(last.unwrap_or_default()));
        let random = CallId::unique().as_u128() & ((1 << 62) - 1);
        TaskId((stamp >> 12) << 80 | 7 << 76 | (stamp & 0xfff) << 64 | 0b10 << 62 | random)
    }

    /// Creates a unique identifier with the time of day of this machine, for [`Task::id`](crate::Task::id).
    ///
    /// ```
    /// use retry_tasks::TaskId;
    ///
    /// assert!(TaskId::unique() < TaskId::unique());
    /// ```
    pub fn unique() -> Self {
        // The time of a store may be another one.
        static LAST: AtomicU64 = AtomicU64::new(0);
        TaskId::after(&LAST, SystemClock::new().now())
    }

    /// The first identifier of this time.
    pub(crate) fn first_at(time: Time) -> Self {
        TaskId(u128::from(time.as_millis()).min((1 << 48) - 1) << 80)
    }

    /// The identifier as a number.
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// The identifier with this number.
    pub const fn from_u128(id: u128) -> Self {
        TaskId(id)
    }

    /// The identifier as the attempts of the task see it, for [`Attempt::call_id`](retry_runtime::Attempt::call_id).
    pub fn call_id(self) -> CallId {
        CallId::from_u128(self.0)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.call_id(), f)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error of reading a [`TaskId`] from a text that is none.
///
/// ```
/// use retry_tasks::TaskId;
///
/// let error = "7".parse::<TaskId>().unwrap_err();
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a task identifier; write 32 hexadecimal digits, for example 018bcfe5-6800-7000-8000-0123456789ab"
)]
pub struct NoTaskId(String);

impl FromStr for TaskId {
    type Err = NoTaskId;

    /// Reads an identifier; hyphens are optional.
    fn from_str(text: &str) -> Result<Self, NoTaskId> {
        let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
        let hexadecimal = digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit());
        let id = hexadecimal.then(|| u128::from_str_radix(&digits, 16).ok()).flatten();
        id.map(TaskId).ok_or_else(|| NoTaskId(text.to_owned()))
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Time = Time::from_millis(1_700_000_000_000);

    #[test]
    fn later_tasks_have_greater_identifiers_also_within_a_millisecond_and_after_a_step_back() {
        let last = AtomicU64::new(0);
        let mut ids: Vec<TaskId> = (0..5000).map(|_| TaskId::after(&last, TIME)).collect();
        ids.push(TaskId::after(&last, TIME.before(STEP_BACK - Duration::from_secs(1))));
        assert!(ids.is_sorted());
        ids.dedup();
        assert_eq!(ids.len(), 5001);
    }

    #[test]
    fn a_store_whose_time_is_years_earlier_gives_identifiers_of_its_own_time() {
        let last = AtomicU64::new(0);
        TaskId::after(&last, TIME + 365 * STEP_BACK);
        let ids = [TaskId::after(&last, TIME), TaskId::after(&last, TIME)];
        assert!(ids[0] < ids[1] && ids[1] < TaskId::first_at(TIME + Duration::from_millis(1)));
        assert!(ids[0] >= TaskId::first_at(TIME));
    }

    #[test]
    fn an_identifier_is_written_as_a_uuid_of_version_7_and_read_back() {
        let id = TaskId::new(TIME);
        let text = id.to_string();
        assert_eq!(&text[14..15], "7", "the version of {text}");
        assert!("89ab".contains(&text[19..20]), "the variant of {text}");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.replace('-', "").to_uppercase().parse(), Ok(id));
        assert!("+18bcfe568007000800000123456789ab".parse::<TaskId>().is_err());
    }
}
