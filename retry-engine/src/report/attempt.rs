//! The context of an attempt, for the function's body.

use std::fmt;
use std::time::Duration;

use crate::base::clock::Moment;
use crate::base::rng;
use crate::failure::class::Kind;

/// The context of one attempt, which `attempt = name` makes available in the body.
///
/// ```
/// use retry_runtime::{Attempt, retryable};
///
/// #[retryable(max = 2, base = "0s", on = any, attempt = attempt)]
/// fn third_time_lucky() -> Result<u32, String> {
///     if attempt.is_last() { Ok(attempt.number()) } else { Err("not yet".into()) }
/// }
///
/// assert_eq!(third_time_lucky(), Ok(3));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub(crate) number: u32,
    pub(crate) limit: Option<u32>,
    pub(crate) deadline: Option<Moment>,
    pub(crate) last_kind: Option<Kind>,
    pub(crate) call_id: CallId,
}

impl Attempt {
    /// The attempt's number, from 1.
    ///
    /// ```
    /// use retry_runtime::retryable;
    ///
    /// #[retryable(max = 1, base = "0s", on = any, attempt = attempt)]
    /// fn send() -> Result<u32, String> {
    ///     if attempt.number() == 1 { Err("busy".into()) } else { Ok(attempt.number()) }
    /// }
    /// send()?;
    /// # Ok::<(), String>(())
    /// ```
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many attempts there may be, this one included; `None` when only the deadline limits them.
    #[inline]
    pub fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// Whether no further attempt is allowed after this one.
    ///
    /// ```
    /// use retry_runtime::retryable;
    ///
    /// #[retryable(max = 1, base = "0s", on = any, attempt = attempt)]
    /// fn send() -> Result<u32, String> {
    ///     // The last attempt goes to the other region.
    ///     if attempt.is_last() { Ok(1) } else { Err("the first region is down".into()) }
    /// }
    /// send()?;
    /// # Ok::<(), String>(())
    /// ```
    #[inline]
    pub fn is_last(&self) -> bool {
        self.limit.is_some_and(|limit| self.number >= limit)
    }

    /// The time left until the call's deadline, which may be inherited from an outer call; zero when the deadline has
    /// passed, `None` when there is none.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::time::Duration;
    ///
    /// #[retryable(deadline = "10s", attempt = attempt)]
    /// fn load() -> std::io::Result<Duration> {
    ///     // The server is told how long the client will wait.
    ///     Ok(attempt.remaining().expect("there is a deadline"))
    /// }
    /// assert!(load()? <= Duration::from_secs(10));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.since(Moment::now()))
    }

    /// The kind of the previous attempt's failure; `None` in the first attempt.
    ///
    /// ```
    /// use retry_runtime::{Kind, retryable};
    ///
    /// #[retryable(max = 1, base = "0s", attempt = attempt)]
    /// fn load() -> std::io::Result<&'static str> {
    ///     match attempt.last_kind() {
    ///         None => Err(std::io::ErrorKind::ConnectionRefused.into()),
    ///         Some(kind) => Ok(if kind == Kind::Transient { "again" } else { "changed" }),
    ///     }
    /// }
    /// assert_eq!(load()?, "again");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn last_kind(&self) -> Option<Kind> {
        self.last_kind
    }

    /// The call's unique identifier, the same in all of its attempts: send it as the `Idempotency-Key` header.
    ///
    /// ```
    /// use retry_runtime::retryable;
    ///
    /// #[retryable(idempotent, attempt = attempt)]
    /// fn order() -> std::io::Result<String> {
    ///     Ok(format!("Idempotency-Key: {}", attempt.call_id()))
    /// }
    /// assert_ne!(order()?, order()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn call_id(&self) -> CallId {
        self.call_id
    }
}

/// A call's unique identifier: 128 bits, displayed as a random UUID (RFC 9562, version 4).
///
/// ```
/// use retry_runtime::CallId;
///
/// let id = CallId::unique();
/// assert_eq!(id.to_string().len(), 36); // f81d4fae-7dec-41d0-a765-00a0c91e6bf6
/// assert_ne!(id, CallId::unique());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(u128);

impl CallId {
    /// A new unique identifier.
    #[inline]
    pub fn unique() -> Self {
        const VERSION: u128 = 0xf << 76;
        const VARIANT: u128 = 0b11 << 62;
        CallId(rng::unique() & !VERSION & !VARIANT | 0x4 << 76 | 0b10 << 62)
    }

    /// The identifier with this number.
    #[doc(hidden)]
    pub const fn from_u128(id: u128) -> Self {
        CallId(id)
    }

    /// The identifier as a number.
    #[inline]
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

impl fmt::Display for CallId {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            id >> 96,
            id >> 80 & 0xffff,
            id >> 64 & 0xffff,
            id >> 48 & 0xffff,
            id & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for CallId {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_is_written_as_a_random_uuid() {
        let text = CallId::unique().to_string();
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&text[14..15], "4", "the version of {text}");
        assert!("89ab".contains(&text[19..20]), "the variant of {text}");
    }
}
