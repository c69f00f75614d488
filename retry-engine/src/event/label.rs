//! A text that is cheap to clone, because an event goes to many listeners.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A text in an event: a `&'static str` or a shared string.
///
/// A label dereferences to `str`, and a clone copies no text.
///
/// ```
/// use retry_runtime::events::Label;
///
/// let label = Label::from(format!("connection to {} refused", "10.0.0.7"));
/// assert!(label.contains("refused"));
/// assert_eq!(label.clone(), "connection to 10.0.0.7 refused");
/// ```
#[derive(Clone)]
pub struct Label(Inner);

#[derive(Clone)]
enum Inner {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Label {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Inner::Static(text) => text,
            Inner::Shared(text) => text,
        }
    }
}

impl Deref for Label {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Label {
    #[inline]
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&'static str> for Label {
    #[inline]
    fn from(text: &'static str) -> Self {
        Label(Inner::Static(text))
    }
}

impl From<String> for Label {
    #[inline]
    fn from(text: String) -> Self {
        Label(Inner::Shared(text.into()))
    }
}

impl From<Arc<str>> for Label {
    fn from(text: Arc<str>) -> Self {
        Label(Inner::Shared(text))
    }
}

impl From<Cow<'static, str>> for Label {
    #[inline]
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl fmt::Display for Label {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Label {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for Label {
    #[inline]
    fn eq(&self, other: &Label) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Label {}

impl PartialEq<str> for Label {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Label {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Label {
    #[inline]
    fn partial_cmp(&self, other: &Label) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Label {
    #[inline]
    fn cmp(&self, other: &Label) -> Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for Label {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_and_a_shared_label_with_the_same_text_are_equal() {
        let (fixed, made) = (Label::from("a"), Label::from("a".to_owned()));
        assert_eq!(fixed, made);
        assert_eq!(Label::from(Cow::Borrowed("a")), "a");
        assert_eq!(made.cmp(&fixed), Ordering::Equal);
        assert_eq!(format!("[{fixed:>3}] {made:?}"), "[  a] \"a\"");
    }
}
