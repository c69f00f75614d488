//! [`Classify`] for `reqwest::Error` and `reqwest::Response`.

use std::borrow::Cow;
use std::error::Error;

use crate::failure::class::{Class, Classify, Kind};
use crate::failure::retry_after;
use crate::failure::{chain, describe, of_error_chain, of_status};

/// By how far the request came:
///
/// | failure | kind | why |
/// |---|---|---|
/// | `error_for_status` | [`of_status`], without a hint | the error does not keep the headers |
/// | `is_builder`, `is_redirect` | `Permanent` | the request, or the server's answer to it, is wrong |
/// | `is_connect`, timeouts among them | `Transient`; `Permanent` when its source is (a bad certificate) | nothing was sent |
/// | `is_timeout` | `Ambiguous` | the request may have been sent |
/// | while sending the request | its source's class, else `Permanent` | hyper knows whether the request was taken up |
/// | while reading a body, decoding it, upgrading | its source's class, at least `Ambiguous`; else `Permanent` | the server has answered already; a whole body that does not decode will not do so next time |
///
/// Where the hint matters, return the `reqwest::Response` itself (or its class) as the error instead
/// of `error_for_status`: it is judged by its status and its `Retry-After` header.
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

    /// The error's text and its first cause, which is what went wrong. Of its URL, the user, the password, the query and the fragment are left out,
    /// since they are where secrets are.
    fn describe(&self) -> Cow<'static, str> {
        let text = describe::with_cause(self);
        let Some(url) = self.url() else { return text };
        let mut safe = url.clone();
        safe.set_query(None);
        safe.set_fragment(None);
        // Fails for URLs that cannot have a user, which then have none.
        let _ = safe.set_username("");
        let _ = safe.set_password(None);
        Cow::Owned(text.replace(url.as_str(), safe.as_str()))
    }
}

/// [`of_status`], with the hint of the `Retry-After` header.
impl Classify for reqwest::Response {
    fn classify(&self) -> Class {
        of_status(self.status().as_u16(), retry_after::from_headers(self.headers()))
    }

    fn describe(&self) -> Cow<'static, str> {
        self.status().describe()
    }
}

/// The browser does not tell.
fn is_connect(error: &reqwest::Error) -> bool {
    #[cfg(not(target_arch = "wasm32"))]
    return error.is_connect();
    #[cfg(target_arch = "wasm32")]
    return false;
}
