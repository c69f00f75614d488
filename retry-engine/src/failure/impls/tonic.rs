//! [`Classify`] for `tonic::Status`.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use tonic::{Code, ConnectError, Status, TimeoutExpired};

use super::retry_info::retry_delay;
use crate::failure::chain::{self, of_error_chain};
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// The class depends on the gRPC code:
///
/// | code | kind | why |
/// |---|---|---|
/// | `UNAVAILABLE` | `Ambiguous`; `Throttled` with a delay; `Transient` when tonic or hyper know that nothing was sent | a proxy answers with this code also after the server had the request |
/// | `RESOURCE_EXHAUSTED` | `Throttled` | a quota or the server's capacity is exhausted |
/// | `ABORTED` | `Permanent` | there was a conflict, and not this call but the whole transaction around it is to be repeated |
/// | `DEADLINE_EXCEEDED` | `Ambiguous` | "may be returned even if the operation has completed successfully" |
/// | `CANCELLED` | `Ambiguous`; `Transient` when hyper never started the request | the request was cut off midway; tonic's own timeouts have this code |
/// | `UNKNOWN`, `INTERNAL` | its source's class, else `Permanent` | broken connections and bugs have these codes |
/// | everything else | `Permanent` | the same call will get the same answer |
///
/// The delay comes from the trailer `grpc-retry-pushback-ms`, else from the `google.rpc.RetryInfo` in the status details.
/// A pushback that is negative, not a number or sent twice means "do not retry": a failure that is not `Permanent` is
/// then `Overloaded`.
///
/// Sources: the gRPC [status codes](https://grpc.io/docs/guides/status-codes/), the
/// [retry design](https://github.com/grpc/proposal/blob/master/A6-client-retries.md) for the pushback,
/// [jetcd#1444](https://github.com/etcd-io/jetcd/issues/1444) and
/// [google-cloud-ruby#1572](https://github.com/googleapis/google-cloud-ruby/issues/1572) for `UNAVAILABLE`.
impl Classify for Status {
    fn classify(&self) -> Class {
        let source = self.source().and_then(of_error_chain);
        let kind = of_code(self.code(), source);
        if kind == Kind::Permanent {
            return Class { kind, retry_after: retry_delay(self.details()) };
        }
        let retry_after = match pushback(self) {
            Pushback::None => retry_delay(self.details()),
            Pushback::After(delay) => Some(delay),
            Pushback::Never => return Class::new(Kind::Overloaded),
        };
        // The server refused the call and said when it will not; unless the connection broke, too.
        let refused =
            kind == Kind::Transient || (self.code() == Code::Unavailable && source.is_none());
        let throttled = refused && retry_after.is_some();
        Class { kind: if throttled { Kind::Throttled } else { kind }, retry_after }
    }

    /// The code and the message, without the source.
    fn describe(&self) -> Cow<'static, str> {
        match self.message() {
            "" => describe::by_display(&self.code()),
            message => describe::by_display(&format_args!("{:?}: {message}", self.code())),
        }
    }
}

/// `Ambiguous`, because the request that the client's or the server's timeout cut off may have taken effect.
impl Classify for TimeoutExpired {
    fn classify(&self) -> Class {
        Class::new(Kind::Ambiguous)
    }

    describe::by_display!();
}

/// `Transient`, because nothing was sent; `Permanent` when its source is.
impl Classify for ConnectError {
    fn classify(&self) -> Class {
        Class::new(chain::of_connect(self.source()))
    }

    describe::by_display!();
}

fn of_code(code: Code, source: Option<Class>) -> Kind {
    let source = source.map(|class| class.kind);
    match code {
        Code::Unavailable | Code::Cancelled if source == Some(Kind::Transient) => Kind::Transient,
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded => Kind::Ambiguous,
        Code::ResourceExhausted => Kind::Throttled,
        Code::Unknown | Code::Internal => source.unwrap_or(Kind::Permanent),
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => Kind::Permanent,
    }
}

enum Pushback {
    None,
    After(Duration),
    Never,
}

fn pushback(status: &Status) -> Pushback {
    let mut values = status.metadata().get_all("grpc-retry-pushback-ms").iter();
    let Some(value) = values.next() else { return Pushback::None };
    if values.next().is_some() {
        return Pushback::Never;
    }
    match value.to_str().ok().and_then(|text| text.parse().ok()) {
        Some(milliseconds) => Pushback::After(Duration::from_millis(milliseconds)),
        None => Pushback::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::super::retry_info;
    use super::*;
    use std::io;
    use std::sync::Arc;
    use tonic::metadata::MetadataMap;

    fn caused_by(code: Code, source: impl Error + Send + Sync + 'static) -> Status {
        let mut status = Status::new(code, "");
        status.set_source(Arc::new(source));
        status
    }

    fn pushed_back(code: Code, values: &[&'static str]) -> Status {
        let mut metadata = MetadataMap::new();
        for value in values {
            metadata.append("grpc-retry-pushback-ms", value.parse().unwrap());
        }
        Status::with_metadata(code, "", metadata)
    }

    fn io(kind: io::ErrorKind) -> io::Error {
        kind.into()
    }

    #[test]
    fn every_code_has_the_kind_of_the_table() {
        for code in (0..=16).map(Code::from_i32) {
            let expected = match code {
                Code::ResourceExhausted => Kind::Throttled,
                Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Kind::Ambiguous,
                _ => Kind::Permanent,
            };
            assert_eq!(Status::new(code, "").classify(), Class::new(expected), "{code:?}");
        }
    }

    #[test]
    fn a_broken_connection_is_seen_through_the_code() {
        for code in [Code::Unknown, Code::Internal, Code::Unavailable] {
            let status = caused_by(code, io(io::ErrorKind::ConnectionReset));
            assert_eq!(status.classify(), Class::new(Kind::Ambiguous), "{code:?}");
        }
    }

    #[test]
    fn an_unavailable_that_came_over_the_wire_may_have_been_applied() {
        let answered = Status::unavailable("upstream connect error or disconnect/reset");
        assert_eq!(answered.classify(), Class::new(Kind::Ambiguous));
        let unknown = caused_by(Code::Unavailable, std::fmt::Error);
        assert_eq!(unknown.classify(), Class::new(Kind::Ambiguous));
    }

    #[test]
    fn a_broken_connection_stays_ambiguous_whatever_the_server_asked_for() {
        let mut status = pushed_back(Code::Unavailable, &["250"]);
        status.set_source(Arc::new(io(io::ErrorKind::ConnectionReset)));
        assert_eq!(
            status.classify(),
            Class::new(Kind::Ambiguous).after(Duration::from_millis(250))
        );
    }

    #[test]
    fn a_failure_to_connect_is_transient_however_it_broke() {
        let connect = ConnectError(Box::new(io(io::ErrorKind::ConnectionReset)));
        let status = caused_by(Code::Unavailable, connect);
        assert_eq!(status.classify(), Class::new(Kind::Transient));
    }

    #[test]
    fn tonics_own_timeout_is_ambiguous() {
        let status = Status::from_error(Box::new(TimeoutExpired(())));
        assert_eq!(status.code(), Code::Cancelled);
        assert_eq!(status.classify(), Class::new(Kind::Ambiguous));
    }

    #[test]
    fn a_pushback_is_a_hint() {
        let class = pushed_back(Code::Unavailable, &["250"]).classify();
        assert_eq!(class, Class::new(Kind::Throttled).after(Duration::from_millis(250)));
        let class = pushed_back(Code::DeadlineExceeded, &["0"]).classify();
        assert_eq!(class, Class::new(Kind::Ambiguous).after(Duration::ZERO));
    }

    #[test]
    fn a_negative_unreadable_or_double_pushback_forbids_to_retry() {
        let cases: [&[&str]; 5] = [&["-1"], &["soon"], &[""], &["1.5"], &["1", "2"]];
        for values in cases {
            let class = pushed_back(Code::Unavailable, values).classify();
            assert_eq!(class, Class::new(Kind::Overloaded), "{values:?}");
            let class = pushed_back(Code::NotFound, values).classify();
            assert_eq!(class, Class::new(Kind::Permanent), "{values:?}");
        }
    }

    #[test]
    fn retry_info_is_a_hint_too() {
        let details = retry_info::sample(b"\x08\x02").into();
        let status = Status::with_details(Code::ResourceExhausted, "", details);
        let class = Class::new(Kind::Throttled).after(Duration::from_secs(2));
        assert_eq!(status.classify(), class);
    }

    #[test]
    fn a_description_is_code_and_message() {
        assert_eq!(Status::not_found("no such row").describe(), "NotFound: no such row");
        assert_eq!(Status::unavailable("").describe(), "The service is currently unavailable");
    }
}
