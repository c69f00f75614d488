//! The types of values in `#[classify(kind = expr)]`.

use super::class::{Class, Kind};

/// A [`Kind`] or a [`Class`], owned or borrowed.
///
/// `Into<Class>` is not enough: fields are in scope as references, and `kind = kind` must work for a variant that
/// holds its kind.
#[diagnostic::on_unimplemented(
    message = "`kind = …` needs a `Kind` or a `Class`, and this is `{Self}`",
    label = "neither a `Kind` nor a `Class`",
    note = "the variant's fields are in scope as references: `kind = if *code == 7 {{ Kind::Transient }} else {{ Kind::Permanent }}`",
    note = "an inner value that classifies itself needs no expression: write `#[classify(inherit)]`"
)]
pub trait IntoClass {
    /// Converts the value into a class.
    fn into_class(self) -> Class;
}

impl IntoClass for Class {
    #[inline]
    fn into_class(self) -> Class {
        self
    }
}

impl IntoClass for Kind {
    #[inline]
    fn into_class(self) -> Class {
        Class::new(self)
    }
}

impl<V: IntoClass + Copy> IntoClass for &V {
    fn into_class(self) -> Class {
        (*self).into_class()
    }
}
