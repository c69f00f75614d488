//! Durations as tests write them.

use std::time::Duration;

/// A duration: a `Duration`, or a text such as `"200ms"`, `"1.5s"` or `"1m 30s"`, as in the attribute.
///
/// ```
/// use retry_testing::IntoDuration;
/// use std::time::Duration;
///
/// assert_eq!("1.5s".into_duration(), Duration::from_millis(1500));
/// assert_eq!(Duration::from_secs(2).into_duration(), Duration::from_secs(2));
/// ```
pub trait IntoDuration {
    /// Converts to a `Duration`.
    ///
    /// # Panics
    ///
    /// If a text is not a duration.
    fn into_duration(self) -> Duration;
}

impl IntoDuration for Duration {
    fn into_duration(self) -> Duration {
        self
    }
}

impl IntoDuration for &str {
    #[track_caller]
    fn into_duration(self) -> Duration {
        match retry_text::duration::parse(self) {
            Ok(duration) => duration,
            Err(why) => panic!("`{self}` {why}; write {}", retry_text::duration::FORM),
        }
    }
}
