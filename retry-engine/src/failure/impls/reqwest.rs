//! [`Classify`] for `reqwest::Error` and `reqwest::Response`.

use std::borrow::Cow;
use std::error::Error;

use crate::failure::chain::{self, of_error_chain};
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;
use crate::failure::of_status::of_status;
use crate::failure::retry_after;
use crate::failure::urls::without_secrets;

/// The class depends on how far the request got:
///
/// | failure | kind | why |
/// |---|---|---|
/// | `error_for_status` | by [`of_status`], without a delay | the error does not keep the headers |
/// | `is_builder`, `is_redirect` | `Permanent` | the request, or the server's answer to it, is wrong |
/// | `is_connect`, including timeouts | `Transient`; `Permanent` when its source is (a bad certificate) | nothing was sent |
/// | `is_timeout` | `Ambiguous` | the request may have been sent |
/// | while sending the request | its source's class, else `Permanent` | hyper knows whether the request was started |
/// | while reading a body, decoding it, upgrading | its source's class, at least `Ambiguous`; else `Permanent` | the server has already answered; a complete body that cannot be decoded will not decode next time either |
///
/// To use the server's `Retry-After` header, return the `reqwest::Response` itself (or its class) as the error, instead
/// of calling `error_for_status`.
impl Classify for reqwest::Error {
    fn classify(&self) -> Class {
        if let Some(status) = self.status() {
            return of_status(status.as_u16(), None);
        }
        if self.is_builder() || self.is_redirect() {
            return Class::new(Kind::Permanent);
        }
        if is_connect(self) {
            return Class::new(chain::of_connect(self.source()));
        }
        if self.is_timeout() {
            return Class::new(Kind::Ambiguous);
        }
        match self.source().and_then(of_error_chain) {
            Some(class) if self.is_request() => class,
            Some(class) => class.at_least(Kind::Ambiguous),
            None => Class::new(Kind::Permanent),
        }
    }

    /// The text of the error and of its innermost source. The user, the password, the query and the fragment of the
    /// URL are left out, because they may hold secrets.
    fn describe(&self) -> Cow<'static, str> {
        Cow::Owned(without_secrets(&describe::with_cause(self)).into_owned())
    }
}

/// The class by [`of_status`], with the delay that its headers ask for ([`from_response`](retry_after::from_response)).
impl Classify for reqwest::Response {
    fn classify(&self) -> Class {
        of_status(self.status().as_u16(), retry_after::from_response(self.status(), self.headers()))
    }

    fn describe(&self) -> Cow<'static, str> {
        self.status().describe()
    }
}

/// Whether connecting failed.
#[cfg(not(target_arch = "wasm32"))]
fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not report whether connecting failed.
#[cfg(target_arch = "wasm32")]
fn is_connect(_: &reqwest::Error) -> bool {
    false
}
