//! [`Classify`] for the standard library's errors, pointers and boxed errors.

use std::borrow::Cow;
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::chain::{self, Chained, of_error_chain};
use super::class::{Class, Classify, Kind};
use super::interruption::Interruption;
use super::{describe, io_kind};

/// The class depends on the error's [`ErrorKind`](io::ErrorKind):
///
/// | error kind | class | why |
/// |---|---|---|
/// | `ConnectionRefused`, `NotConnected`, `AddrNotAvailable`, `AddrInUse` | `Transient` | there was no connection, so nothing was sent |
/// | `HostUnreachable`, `NetworkUnreachable`, `NetworkDown` | `Transient` | there was no route, so nothing was sent |
/// | `WouldBlock`, `Interrupted`, `ResourceBusy`, `Deadlock`, `ExecutableFileBusy` | `Transient` | the operation did not happen |
/// | a name lookup that failed temporarily (`EAI_AGAIN`) | `Transient` | there was no address, so nothing was sent |
/// | `TimedOut`, `ConnectionReset`, `ConnectionAborted`, `BrokenPipe`, `UnexpectedEof`, `WriteZero` | `Ambiguous` | the connection broke during the operation; the server may have acted |
/// | `Other` and kinds without a name | the class of the inner error, else `Permanent` | the kind itself means nothing |
/// | everything else: `NotFound`, `PermissionDenied`, `InvalidInput`, `InvalidData`, `AlreadyExists`, `Unsupported`, `OutOfMemory`, `StorageFull`, `QuotaExceeded`, … | `Permanent` | the same call will fail in the same way |
impl Classify for io::Error {
    #[inline]
    fn classify(&self) -> Class {
        let by_kind = io_kind::of_io(self);
        let inside = || of_error_chain(self.get_ref()?);
        by_kind.or_else(inside).unwrap_or(Class::new(Kind::Permanent))
    }

    describe::by_display!();

    #[inline]
    fn interruption(&self) -> Option<Interruption> {
        chain::interruption_in(self.get_ref()?)
    }
}

/// There are no values of this type, so this is never called.
impl Classify for Infallible {
    #[inline]
    fn classify(&self) -> Class {
        match *self {}
    }
}

macro_rules! by_pointee {
    ($($pointer:ty),*) => { $(
        /// The class of the error behind the pointer.
        impl<E: Classify + ?Sized> Classify for $pointer {
            #[inline]
            fn classify(&self) -> Class {
                (**self).classify()
            }

            #[inline]
            fn describe(&self) -> Cow<'static, str> {
                (**self).describe()
            }

            #[inline]
            fn interruption(&self) -> Option<Interruption> {
                (**self).interruption()
            }
        }
    )* };
}

by_pointee!(&E, Box<E>, Rc<E>, Arc<E>);

macro_rules! by_chain {
    ($($error:ty),*) => { $(
        /// The class by [`of_error_chain`]; `Permanent` when that knows no error in the chain, which a warning says once
        /// for each annotated function.
        impl Classify for $error {
            #[inline]
            fn classify(&self) -> Class {
                chain::of_boxed(self)
            }

            /// The texts of the error and of its sources, one after another.
            #[inline]
            fn describe(&self) -> Cow<'static, str> {
                describe::with_sources(self)
            }

            #[inline]
            fn interruption(&self) -> Option<Interruption> {
                chain::interruption_in(self)
            }
        }
    )* };
}

by_chain!(dyn Error + 'static, dyn Error + Send + 'static, dyn Error + Send + Sync + 'static);

macro_rules! chained {
    ($($boxed:ty),*) => { $(
        impl Chained for $boxed {
            #[inline]
            fn whole_text(&self) -> Cow<'static, str> {
                describe::with_sources(&**self)
            }

            #[inline]
            fn interruption(&self) -> Option<Interruption> {
                chain::interruption_of(&**self)
            }
        }
    )* };
}

impl<E: Chained + ?Sized> Chained for &E {
    #[inline]
    fn whole_text(&self) -> Cow<'static, str> {
        (**self).whole_text()
    }

    #[inline]
    fn interruption(&self) -> Option<Interruption> {
        (**self).interruption()
    }
}

// Of any lifetime: the lookup that finds these impls ignores lifetimes.
chained! {
    Box<dyn Error + '_>, Box<dyn Error + Send + '_>, Box<dyn Error + Send + Sync + '_>,
    Arc<dyn Error + '_>, Arc<dyn Error + Send + Sync + '_>
}

macro_rules! permanent {
    ($($error:ty),* $(,)?) => { $(
        /// `Permanent`, because the same input will fail in the same way.
        impl Classify for $error {
            #[inline]
            fn classify(&self) -> Class {
                Class::new(Kind::Permanent)
            }

            describe::by_display!();
        }
    )* };
}

permanent! {
    std::num::ParseIntError, std::num::ParseFloatError, std::num::TryFromIntError,
    std::str::ParseBoolError, std::str::Utf8Error, std::string::FromUtf8Error,
    std::char::ParseCharError, std::net::AddrParseError, std::fmt::Error,
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use std::net::{TcpListener, TcpStream};

    fn check(kinds: &[ErrorKind], expected: Kind) {
        for &kind in kinds {
            assert_eq!(io::Error::from(kind).classify(), Class::new(expected), "{kind:?}");
            let custom = io::Error::new(kind, io::Error::from(ErrorKind::ConnectionReset));
            assert_eq!(custom.classify(), Class::new(expected), "{kind:?} around another error");
        }
    }

    #[test]
    fn an_operation_that_did_not_happen_is_transient() {
        use ErrorKind::*;
        check(&[ConnectionRefused, NotConnected, AddrNotAvailable, AddrInUse], Kind::Transient);
        check(&[HostUnreachable, NetworkUnreachable, NetworkDown], Kind::Transient);
        check(&[WouldBlock, Interrupted, ResourceBusy, Deadlock], Kind::Transient);
    }

    #[test]
    fn an_operation_that_broke_off_midway_is_ambiguous() {
        use ErrorKind::*;
        check(&[TimedOut, ConnectionReset, ConnectionAborted], Kind::Ambiguous);
        check(&[BrokenPipe, UnexpectedEof, WriteZero], Kind::Ambiguous);
    }

    #[test]
    fn a_failure_that_will_repeat_is_permanent() {
        use ErrorKind::*;
        check(&[NotFound, PermissionDenied, InvalidInput, InvalidData], Kind::Permanent);
        check(&[AlreadyExists, Unsupported, OutOfMemory, StorageFull], Kind::Permanent);
    }

    #[test]
    fn an_error_of_kind_other_is_permanent_unless_its_inner_error_is_known() {
        assert_eq!(io::Error::other("a text").classify().kind, Kind::Permanent);
        let inner = io::Error::from(ErrorKind::ConnectionReset);
        assert_eq!(io::Error::other(inner).classify().kind, Kind::Ambiguous);
    }

    #[test]
    fn a_refused_connection_is_transient() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = TcpStream::connect(address).unwrap_err();
        assert_eq!(error.classify(), Class::new(Kind::Transient));
        assert_eq!(error.describe(), error.to_string());
    }

    #[test]
    fn a_missing_file_is_permanent() {
        let error = std::fs::File::open("/no/such/file").unwrap_err();
        assert_eq!(error.classify(), Class::new(Kind::Permanent));
    }

    #[test]
    fn only_a_temporary_failure_of_name_lookup_is_transient() {
        let lookup = |reason| {
            io::Error::other(format!("failed to lookup address information: {reason}")).classify()
        };
        assert_eq!(lookup("Temporary failure in name resolution").kind, Kind::Transient);
        assert_eq!(lookup("Try again").kind, Kind::Transient);
        assert_eq!(lookup("Name or service not known").kind, Kind::Permanent);
        assert_eq!(io::Error::other("Try again").classify().kind, Kind::Permanent);
    }

    #[test]
    fn a_pointer_has_the_class_of_the_error_behind_it() {
        let error = || io::Error::from(ErrorKind::TimedOut);
        let kind = |failure: &dyn Classify| failure.classify().kind;
        assert_eq!(kind(&&error()), Kind::Ambiguous);
        assert_eq!(kind(&Box::new(error())), Kind::Ambiguous);
        assert_eq!(kind(&Rc::new(error())), Kind::Ambiguous);
        assert_eq!(Arc::new(error()).describe(), "timed out");
        let classified: Box<dyn Classify> = Box::new(error());
        assert_eq!(classified.classify().kind, Kind::Ambiguous);
    }

    #[test]
    fn a_boxed_error_has_the_class_of_its_source_chain() {
        let plain: Box<dyn Error> = io::Error::from(ErrorKind::TimedOut).into();
        let send: Box<dyn Error + Send> = Box::new(io::Error::from(ErrorKind::TimedOut));
        let sync: Box<dyn Error + Send + Sync> = io::Error::from(ErrorKind::TimedOut).into();
        for class in [plain.classify(), send.classify(), sync.classify()] {
            assert_eq!(class, Class::new(Kind::Ambiguous));
        }
        let text: Box<dyn Error + Send + Sync> = "timed out\nin words".into();
        assert_eq!(text.classify(), Class::new(Kind::Permanent));
        assert_eq!(text.describe(), "timed out in words");
    }

    #[test]
    fn the_text_of_a_boxed_error_has_its_sources_and_no_source_twice() {
        #[derive(Debug, thiserror::Error)]
        enum Step {
            #[error("cannot load")]
            Load(#[source] Box<Step>),
            #[error("http: {0}")]
            Http(#[source] io::Error),
        }
        let http = || Step::Http(ErrorKind::TimedOut.into());
        let boxed: Box<dyn Error> = http().into();
        assert_eq!(boxed.describe(), "http: timed out");
        let boxed: Box<dyn Error + Send + Sync> = Step::Load(Box::new(http())).into();
        assert_eq!(boxed.describe(), "cannot load: http: timed out");
    }

    #[test]
    fn errors_about_text_are_permanent() {
        assert_eq!("x".parse::<u8>().unwrap_err().classify(), Class::new(Kind::Permanent));
        let error = "x".parse::<std::net::IpAddr>().unwrap_err();
        assert_eq!(error.classify(), Class::new(Kind::Permanent));
        assert_eq!(error.describe(), "invalid IP address syntax");
    }
}
