//! [`Classify`] for the errors of `hyper_util`'s pooled client.

use std::borrow::Cow;
use std::error::Error as _;

use hyper_util::client::legacy::Error;

use crate::failure::chain::{self, of_error_chain};
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// The class depends on how far the request got:
///
/// | failure | kind | why |
/// |---|---|---|
/// | `is_connect` | `Transient`; `Permanent` when its source is (a bad certificate) | nothing was sent |
/// | a pooled connection that closed before it took the request | `Transient` | hyper knows that the request was not started |
/// | while sending the request | the class of the [`hyper::Error`] inside | hyper knows how far the request got |
/// | everything else: a method, a version or a URI that the client does not support | `Permanent` | the request is wrong |
impl Classify for Error {
    fn classify(&self) -> Class {
        if self.is_connect() {
            return Class::new(chain::of_connect(self.source()));
        }
        self.source().and_then(of_error_chain).unwrap_or(Class::new(Kind::Permanent))
    }

    fn describe(&self) -> Cow<'static, str> {
        describe::with_cause(self)
    }
}
