//! [`Classify`] for `hyper::Error`.

use std::borrow::Cow;
use std::error::Error;

use crate::failure::chain::of_error_chain;
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// hyper works on an established connection, so a request that was started may have reached the server when it fails.
///
/// | failure | kind | why |
/// |---|---|---|
/// | `is_canceled`, `is_closed` | `Transient` | the connection never started the request |
/// | `is_incomplete_message` | `Ambiguous` | the connection ended before the response did |
/// | `is_timeout` | `Ambiguous` | there was no answer in time |
/// | `is_parse` | `Permanent` | the server's message does not follow the protocol |
/// | `is_user` | its source's class, at least `Ambiguous`; else `Permanent` | the user's own body or service failed |
/// | everything else: I/O, HTTP/2 | its source's class, at least `Ambiguous` | the exchange broke off midway |
impl Classify for hyper::Error {
    fn classify(&self) -> Class {
        if self.is_canceled() || self.is_closed() {
            return Class::new(Kind::Transient);
        }
        if self.is_incomplete_message() || self.is_timeout() {
            return Class::new(Kind::Ambiguous);
        }
        if self.is_parse() {
            return Class::new(Kind::Permanent);
        }
        let unknown = if self.is_user() { Kind::Permanent } else { Kind::Ambiguous };
        let source = self.source().and_then(of_error_chain);
        source.unwrap_or(Class::new(unknown)).at_least(Kind::Ambiguous)
    }

    fn describe(&self) -> Cow<'static, str> {
        describe::with_cause(self)
    }
}
