//! The types of fields that hold an HTTP status.

/// A value that may be an HTTP status code, for `#[classify(status = field)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP status",
    label = "not a status code",
    note = "`status = field` takes a `u16`, with feature `http` a `http::StatusCode`, or an `Option` of one of these",
    note = "for a status of another type write `kind = expr`, where the variant's fields are in scope"
)]
pub trait HttpStatus {
    /// The status code; `None` when there is none or the number is out of range.
    fn code(&self) -> Option<u16>;
}

implement! { HttpStatus::code -> Option<u16>;
    u16: |this| Some(*this);
    u32: |this| u16::try_from(*this).ok();
    i32: |this| u16::try_from(*this).ok();
    #[cfg(feature = "http")]
    http::StatusCode: |this| Some(this.as_u16());
    {S: HttpStatus} Option<S>: |this| this.as_ref()?.code();
    {S: HttpStatus + ?Sized} &S: |this| (**this).code();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_range_is_no_code() {
        assert_eq!(503_i32.code(), Some(503));
        assert_eq!((-1_i32).code(), None);
        assert_eq!(70_000_u32.code(), None);
    }

    #[test]
    fn an_option_or_a_reference_of_a_code_is_a_code() {
        assert_eq!(Some(&429_u16).code(), Some(429));
        assert_eq!(None::<u16>.code(), None);
    }
}
