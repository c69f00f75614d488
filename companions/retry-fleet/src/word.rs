//! The words that processes send to each other, and their text.

use std::fmt;
use std::str::FromStr;

use retry_runtime::control::Rng;

/// A process of a fleet, or one connection of it: a random number.
///
/// ```
/// use retry_fleet::Instance;
///
/// assert_ne!(Instance::fresh(), Instance::fresh());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance(pub u64);

impl Instance {
    /// A new one.
    pub fn fresh() -> Self {
        Instance(Rng::fresh().draw())
    }
}

/// One message of a process to its fleet. Words may be lost, come twice, or in another order.
///
/// The text of a word has one line and at most about 600 bytes, and transports may carry it as it is:
///
/// ```
/// use retry_fleet::{Instance, Says, Word};
///
/// let says = Says::Open { breaker: "bank".into(), number: 3, again: 0 };
/// let word = Word { instance: Instance(42), says };
/// assert_eq!(word.to_string(), "1 000000000000002a open 3 0 bank");
/// assert_eq!("1 000000000000002a open 3 0 bank".parse::<Word>()?, word);
/// # Ok::<(), retry_fleet::WordError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The process that says it.
    pub instance: Instance,
    /// The content.
    pub says: Says,
}

/// The content of a word.
///
/// ```
/// use retry_fleet::{Says, Word};
///
/// let word: Word = "1 2a closed 3 bank".parse()?;
/// assert_eq!(word.says, Says::Closed { breaker: "bank".into(), number: 3 });
/// # Ok::<(), retry_fleet::WordError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The process is there.
    Here,
    /// The process ends, or leaves the fleet.
    Left,
    /// Its own results opened its breaker of this name. The word is repeated while the breaker does not close.
    Open {
        /// The breaker's name.
        breaker: String,
        /// The number of times that breakers of the process have opened. A repeated word has the same number.
        number: u32,
        /// The number of times that the breaker has opened again since then, because its probes failed.
        again: u32,
    },
    /// Its breaker of this name has closed, after the opening of this number.
    Closed {
        /// The breaker's name.
        breaker: String,
        /// The number of the opening.
        number: u32,
    },
}

/// The longest name of a breaker that travels, in bytes; breakers with a longer one stay local.
pub(crate) const LONGEST: usize = 512;

/// The version of the text. A process ignores words of other versions.
const VERSION: &str = "1";

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION} {:016x} ", self.instance.0)?;
        match &self.says {
            Says::Here => f.write_str("here"),
            Says::Left => f.write_str("left"),
            Says::Open { breaker, number, again } => write!(f, "open {number} {again} {breaker}"),
            Says::Closed { breaker, number } => write!(f, "closed {number} {breaker}"),
        }
    }
}

impl FromStr for Word {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        read(text).ok_or(WordError(()))
    }
}

fn read(text: &str) -> Option<Word> {
    let rest = text.strip_prefix(VERSION)?.strip_prefix(' ')?;
    let (instance, rest) = rest.split_once(' ')?;
    let instance = Instance(u64::from_str_radix(instance, 16).ok()?);
    let says = match rest.split_once(' ') {
        None if rest == "here" => Says::Here,
        None if rest == "left" => Says::Left,
        Some(("open", rest)) => {
            let (number, rest) = rest.split_once(' ')?;
            let (again, breaker) = rest.split_once(' ')?;
            let (number, again) = (number.parse().ok()?, again.parse().ok()?);
            Says::Open { breaker: name(breaker)?, number, again }
        }
        Some(("closed", rest)) => {
            let (number, breaker) = rest.split_once(' ')?;
            Says::Closed { breaker: name(breaker)?, number: number.parse().ok()? }
        }
        _ => return None,
    };
    Some(Word { instance, says })
}

fn name(text: &str) -> Option<String> {
    (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
}

/// The text is no word of this version.
///
/// ```
/// use retry_fleet::Word;
///
/// let error = "2 hello".parse::<Word>().unwrap_err();
/// assert_eq!(error.to_string(), "the text is no word of a fleet, or one of another version");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordError(());

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is no word of a fleet, or one of another version")
    }
}

impl std::error::Error for WordError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn says() -> impl Strategy<Value = Says> {
        let open = (".{1,100}", any::<u32>(), any::<u32>());
        prop_oneof![
            Just(Says::Here),
            Just(Says::Left),
            open.prop_map(|(breaker, number, again)| Says::Open { breaker, number, again }),
            (".{1,100}", any::<u32>())
                .prop_map(|(breaker, number)| Says::Closed { breaker, number }),
        ]
    }

    proptest! {
        #[test]
        fn a_word_is_read_as_it_was_written(instance: u64, says in says()) {
            let word = Word { instance: Instance(instance), says };
            prop_assert_eq!(word.to_string().parse(), Ok(word));
        }

        #[test]
        fn any_text_is_a_word_or_an_error(text in "(1 )?([0-9a-f]{0,17} )?(here|left|open|closed)?.{0,40}") {
            let _ = text.parse::<Word>();
        }
    }

    #[test]
    fn a_name_that_is_too_long_or_empty_is_no_word() {
        let word = |name: &str| format!("1 1 open 1 0 {name}").parse::<Word>().is_ok();
        assert!(word(&"x".repeat(LONGEST)));
        assert!(!word(&"x".repeat(LONGEST + 1)) && !word(""));
    }
}
