//! The types of fields that hold the delay that a server asked for.

use std::borrow::Cow;
use std::time::Duration;

use super::retry_after;

/// A value that may hold the delay that a server asked for, for `#[classify(after = field)]`.
///
/// A text is read as the value of a `Retry-After` header: seconds or a date. Any other text counts as no delay.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read as the delay that a server asked for",
    label = "not a delay",
    note = "`after = field` takes a `Duration`, the text of a `Retry-After` header (`&str`, `String`, and with feature `http` a `HeaderValue`), or an `Option` of one of these",
    note = "a plain number has no unit: keep it in the error as a `Duration`, or write `kind = Class::new(Kind::Throttled).after(Duration::from_secs(*field))`"
)]
pub trait RetryAfterHint {
    /// The delay, counted from now; `None` when the value holds none.
    fn hint(&self) -> Option<Duration>;
}

implement! { RetryAfterHint::hint -> Option<Duration>;
    Duration: |this| Some(*this);
    str: |this| retry_after::from_header(this);
    String: |this| this.as_str().hint();
    Cow<'_, str>: |this| this.as_ref().hint();
    #[cfg(feature = "http")]
    http::HeaderValue: |this| this.to_str().ok()?.hint();
    #[cfg(feature = "http")]
    http::HeaderMap: |this| retry_after::from_headers(this);
    {H: RetryAfterHint} Option<H>: |this| this.as_ref()?.hint();
    {H: RetryAfterHint + ?Sized} &H: |this| (**this).hint();
    {H: RetryAfterHint + ?Sized} Box<H>: |this| (**this).hint();
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Option<Duration> = Some(Duration::from_secs(2));

    #[test]
    fn a_duration_is_itself() {
        assert_eq!(Duration::from_secs(2).hint(), TWO);
        assert_eq!(Some(&Duration::from_secs(2)).hint(), TWO);
        assert_eq!(None::<Duration>.hint(), None);
    }

    #[test]
    fn a_text_is_read_as_a_header() {
        assert_eq!("2".hint(), TWO);
        assert_eq!(String::from("2").hint(), TWO);
        assert_eq!(Some("2").hint(), TWO);
        assert_eq!(Some(String::from("2")).hint(), TWO);
        assert_eq!(Box::<str>::from("2").hint(), TWO);
        assert_eq!(Cow::Borrowed("2").hint(), TWO);
        assert_eq!("soon".hint(), None);
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_header_value_is_read_and_a_binary_one_is_no_hint() {
        assert_eq!(http::HeaderValue::from_static("2").hint(), TWO);
        assert_eq!(http::HeaderValue::from_bytes(b"2\xff").ok().hint(), None);
    }
}
