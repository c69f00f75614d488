//! The names of events as text, and their parsing.

use std::fmt;
use std::str::FromStr;

use super::vocabulary::EventKind;

impl fmt::Display for EventKind {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for EventKind {
    type Err = UnknownEvent;

    #[inline]
    fn from_str(name: &str) -> Result<Self, UnknownEvent> {
        let found = EventKind::ALL.iter().find(|kind| kind.name() == name);
        found.copied().ok_or_else(|| UnknownEvent(name.to_owned()))
    }
}

/// The error for a name that no event has; `Display` lists the names that exist.
///
/// ```
/// use retry_runtime::events::{EventKind, UnknownEvent};
///
/// let kind: Result<EventKind, UnknownEvent> = "retry.planned".parse();
/// assert!(kind.unwrap_err().to_string().starts_with("there is no event `retry.planned`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEvent(String);

impl fmt::Display for UnknownEvent {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no event `{}`: write one of", self.0)?;
        for (at, kind) in EventKind::ALL.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma} `{kind}`")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownEvent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_event_and_the_list_is_in_order_of_declaration() {
        assert_eq!(EventKind::ALL.len(), 10);
        for (at, kind) in EventKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at);
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_the_names_that_exist() {
        let error = "retry.planned".parse::<EventKind>().unwrap_err().to_string();
        assert!(
            error.starts_with("there is no event `retry.planned`: write one of `call.started`, ")
        );
        assert!(error.ends_with(", `config.applied`"));
    }
}
