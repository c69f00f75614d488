//! Outcomes that have one kind of failure.

use std::borrow::Cow;

use super::lookup::{ByChain, ByDebug, ByDisplay, ByTypeName, Describe, Lookup};

impl<T, E> Lookup<Option<Result<T, E>>> {
    /// The outcome has two kinds of failure, `None` and `Some(Err(_))`.
    pub fn retry_describe(&self) -> ResultInOption {
        ResultInOption
    }
}

/// Stands for an outcome `Option<Result<T, E>>`, which is not [`Plain`]. This type implements [`Describe`] all the same,
/// so that rustc reports one error.
#[derive(Clone, Copy, Debug)]
pub struct ResultInOption;

/// Implemented for each way to describe an error, unless the outcome has two kinds of failure.
#[diagnostic::on_unimplemented(
    message = "`Option<Result<T, E>>` cannot be retried: `None` would be a failure, and `Some(Err(_))` a success",
    label = "return `Result<Option<T>, E>`",
    note = "return `Result<Option<T>, E>`, whose `Err` is retried and whose `Ok(None)` is a success"
)]
pub trait Plain {}

#[diagnostic::do_not_recommend]
impl Plain for ByChain {}

#[diagnostic::do_not_recommend]
impl Plain for ByDisplay {}

#[diagnostic::do_not_recommend]
impl Plain for ByDebug {}

#[diagnostic::do_not_recommend]
impl Plain for ByTypeName {}

impl<E: ?Sized> Describe<E> for ResultInOption {
    fn describe(_: &E) -> Cow<'static, str> {
        Cow::Borrowed("")
    }
}
