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

impl HttpStatus for u16 {
    fn code(&self) -> Option<u16> {
        Some(*self)
    }
}

impl HttpStatus for u32 {
    fn code(&self) -> Option<u16> {
        u16::try_from(*self).ok()
    }
}

impl HttpStatus for i32 {
    fn code(&self) -> Option<u16> {
        u16::try_from(*self).ok()
    }
}

#[cfg(feature = "http")]
impl HttpStatus for http::StatusCode {
    fn code(&self) -> Option<u16> {
        Some(self.as_u16())
    }
}

impl<S: HttpStatus> HttpStatus for Option<S> {
    fn code(&self) -> Option<u16> {
        self.as_ref()?.code()
    }
}

impl<S: HttpStatus + ?Sized> HttpStatus for &S {
    fn code(&self) -> Option<u16> {
        (**self).code()
    }
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
