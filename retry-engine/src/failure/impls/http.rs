//! [`Classify`] for the `http` crate's types.

use std::borrow::Cow;

use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;
use crate::failure::of_status::of_status;
use crate::failure::retry_after;

/// The class by [`of_status`], without a delay.
impl Classify for http::StatusCode {
    fn classify(&self) -> Class {
        of_status(self.as_u16(), None)
    }

    describe::by_display!();
}

/// The class by [`of_status`], with the delay that its headers ask for ([`from_response`](retry_after::from_response)).
impl<B> Classify for http::Response<B> {
    fn classify(&self) -> Class {
        of_status(self.status().as_u16(), retry_after::from_response(self.status(), self.headers()))
    }

    fn describe(&self) -> Cow<'static, str> {
        self.status().describe()
    }
}

/// `Permanent`, because a part of the message is not valid.
impl Classify for http::Error {
    fn classify(&self) -> Class {
        Class::new(Kind::Permanent)
    }

    describe::by_display!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Response, StatusCode};
    use std::time::Duration;

    #[test]
    fn a_status_is_judged_by_its_code() {
        assert_eq!(StatusCode::SERVICE_UNAVAILABLE.classify(), Class::new(Kind::Ambiguous));
        assert_eq!(StatusCode::GATEWAY_TIMEOUT.classify(), Class::new(Kind::Ambiguous));
        assert_eq!(StatusCode::NOT_FOUND.classify(), Class::new(Kind::Permanent));
        assert_eq!(StatusCode::NOT_FOUND.describe(), "404 Not Found");
    }

    #[test]
    fn a_response_brings_its_hint() {
        let response = |hint: &[u8]| {
            Response::builder().status(503).header("Retry-After", hint).body(()).unwrap()
        };
        let hinted = Class::new(Kind::Throttled).after(Duration::from_secs(7));
        assert_eq!(response(b"7").classify(), hinted);
        assert_eq!(response(b"soon").classify(), Class::new(Kind::Ambiguous));
        assert_eq!(response(b"\xff").classify(), Class::new(Kind::Ambiguous));
    }

    #[test]
    fn an_invalid_message_is_permanent() {
        let error = Response::builder().status(1000).body(()).unwrap_err();
        assert_eq!(error.classify(), Class::new(Kind::Permanent));
    }
}
