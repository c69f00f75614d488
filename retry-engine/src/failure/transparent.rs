//! The error behind `#[error(transparent)]`.
//!
//! A transparent error passes on the text and the source of the error inside it. So that error itself is in no source
//! chain, and a `dyn Error` offers no other way to it than its `Debug` text, which for a derived `Debug` ends with the text
//! of the error inside: `Io(Kind(ConnectionRefused))`. The `Display` text, which a transparent error does not change, tells
//! whether the error inside really is the one that its `Debug` text names.

use std::error::Error;
use std::fmt::{self, Write};
use std::io::{self, ErrorKind};
use std::mem;
use std::ops::Deref;
use std::time::Duration;

use super::class::{Class, Classify};
use super::interruption::{CANCELLED, CIRCUIT_OPEN, DEADLINE_PASSED, Interruption, TIMED_OUT};
use super::{describe, io_kind};
use crate::base::border::contained;

/// So many bytes of a text are read. The forms that are known are shorter, but for the message at the end of some.
const LONGEST: usize = 1024;

/// More than so many types around an error are not seen through.
const DEEPEST: usize = 8;

/// The class of the error inside a transparent error; `None` when it is of a type that is not known here.
#[inline]
pub(super) fn see_through(link: &(dyn Error + 'static)) -> Option<Class> {
    peel(link, |inside| known(inside, link))
}

/// The interruption inside a transparent error, without the failure before it.
#[inline]
pub(super) fn interruption_behind(link: &dyn Error) -> Option<Interruption> {
    let said = start_of(format_args!("{link}"))?;
    let (name, interruption, _) = INTERRUPTIONS.iter().find(|(.., text)| said.starts_with(text))?;
    peel(link, |inside| inside.starts_with(name).then_some(*interruption))
}

/// The first find in the `Debug` texts of the errors inside this one, from the outermost type to the innermost.
fn peel<T>(link: &dyn Error, mut find: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let debug = start_of(format_args!("{link:?}"))?;
    let mut inside = &*debug;
    for _ in 0..DEEPEST {
        inside = peeled(inside)?;
        if let Some(found) = find(inside) {
            return Some(found);
        }
    }
    None
}

/// The text without the name of the outermost type or variant, if that has one field or its first field is meant.
#[inline]
fn peeled(debug: &str) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let rest = debug.trim_start_matches(is_name);
    if rest.len() == debug.len() {
        return None;
    }
    match rest.strip_prefix('(') {
        Some(inside) => Some(inside),
        None => rest.strip_prefix(" { ")?.split_once(": ").map(|(_, inside)| inside),
    }
}

/// The class of the error that has this `Debug` text, if the `Display` text of `link` is that error's, too.
#[inline]
fn known(debug: &str, link: &dyn Error) -> Option<Class> {
    let says = |expected: &dyn fmt::Display| {
        let said = start_of(format_args!("{link}"));
        said.is_some_and(|said| *said == *expected.to_string())
    };
    if let Some(rest) = debug.strip_prefix("Os { code: ") {
        let error = io::Error::from_raw_os_error(rest.split_once(',')?.0.parse().ok()?);
        return says(&error).then(|| error.classify());
    }
    if let Some(rest) = debug.strip_prefix("Kind(") {
        let error = io::Error::from(kind_named(rest.split_once(')')?.0)?);
        return says(&error).then(|| error.classify());
    }
    for form in ["Custom { kind: ", "Error { kind: "] {
        if let Some(rest) = debug.strip_prefix(form) {
            return Some(io::Error::from(kind_named(rest.split_once(',')?.0)?).classify());
        }
    }
    interruption(debug, link).or_else(|| foreign(debug))
}

/// The interruptions: how their `Debug` text begins, and their `Display` text, which may go on with the failure before.
const INTERRUPTIONS: [(&str, Interruption, &str); 4] = [
    ("Cancelled", Interruption::Cancelled, CANCELLED),
    ("DeadlinePassed", Interruption::DeadlinePassed, DEADLINE_PASSED),
    ("TimedOut", Interruption::TimedOut { after: Duration::ZERO }, TIMED_OUT),
    ("CircuitOpen", Interruption::CircuitOpen { retry_after: None }, CIRCUIT_OPEN),
];

/// The class of an interruption.
#[inline]
fn interruption(debug: &str, link: &dyn Error) -> Option<Class> {
    let named = INTERRUPTIONS.iter().find(|(name, ..)| debug.starts_with(name));
    let (_, interruption, text) = named?;
    let said = start_of(format_args!("{link}"))?;
    said.starts_with(text).then(|| interruption.classify())
}

/// The class of another crate's error.
#[inline]
fn foreign(debug: &str) -> Option<Class> {
    #[cfg(feature = "http")]
    for form in ["StatusError { status: ", "reqwest::Error { kind: Status("] {
        if let Some(rest) = debug.strip_prefix(form) {
            let code = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
            let hint = rest.split_once("retry_after: Some(").and_then(|(_, hint)| seconds(hint));
            return Some(super::of_status::of_status(code, hint));
        }
    }
    #[cfg(feature = "tonic")]
    if let Some(rest) = debug.strip_prefix("Status { code: ") {
        let name = rest.split([',', ' ']).next()?;
        let mut codes = (0..=16).map(tonic::Code::from_i32);
        let code = codes.find(|code| format!("{code:?}") == name)?;
        return Some(tonic::Status::new(code, "").classify());
    }
    let _ = debug;
    None
}

/// A duration as `Debug` writes it: `2s`, `1.5s` or `250ms`.
#[cfg(feature = "http")]
#[inline]
fn seconds(debug: &str) -> Option<Duration> {
    let duration = debug.split_once(')')?.0;
    let (number, unit) = match duration.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (duration.strip_suffix('s')?, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

#[inline]
fn kind_named(name: &str) -> Option<ErrorKind> {
    io_kind::CLASSIFIED.into_iter().find(|kind| format!("{kind:?}") == name)
}

/// The start of a text; `None` if its `Display` or `Debug` panics.
#[inline]
fn start_of(text: fmt::Arguments<'_>) -> Option<Start> {
    contained(|| {
        let mut start = Start(describe::empty());
        let _ = start.write_fmt(text);
        start
    })
}

/// The start of a text, in the memory of the thread's last description: every failure with an unknown error is asked.
struct Start(String);

impl Write for Start {
    #[inline]
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0.push_str(part);
        // Ends the formatting of a text that is long enough.
        if self.0.len() < LONGEST { Ok(()) } else { Err(fmt::Error) }
    }
}

impl Deref for Start {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Start {
    #[inline]
    fn drop(&mut self) {
        describe::spare(mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::class::Kind;
    use thiserror::Error;

    #[derive(Debug, Error)]
    enum Outer {
        #[error(transparent)]
        Io(#[from] io::Error),
        #[error(transparent)]
        Named { source: io::Error },
        #[error(transparent)]
        Interrupted(#[from] Interruption),
        #[error(transparent)]
        Deeper(Box<Outer>),
        #[error("the call was cancelled")]
        Text(&'static str),
        #[error("timed out")]
        Other(u8),
    }

    fn check(error: Outer, kind: impl Into<Option<Kind>>) {
        let found = see_through(&error).map(|class| class.kind);
        let kind = kind.into();
        assert_eq!(found, kind, "{error:?}");
        if kind.is_some() {
            assert_eq!(see_through(&Outer::Deeper(Box::new(error))).map(|class| class.kind), kind);
        }
    }

    #[test]
    fn an_io_error_is_seen_through_a_transparent_variant() {
        let io = |kind: ErrorKind| io::Error::from(kind);
        check(Outer::Io(io(ErrorKind::ConnectionRefused)), Kind::Transient);
        check(Outer::Io(io(ErrorKind::TimedOut)), Kind::Ambiguous);
        check(Outer::Io(io(ErrorKind::NotFound)), Kind::Permanent);
        check(Outer::Named { source: io(ErrorKind::BrokenPipe) }, Kind::Ambiguous);
        check(Outer::Io(io::Error::from_raw_os_error(2)), Kind::Permanent);
        check(Outer::Io(io::Error::new(ErrorKind::TimedOut, "too slow")), Kind::Ambiguous);
        let end = io::Read::read_exact(&mut io::empty(), &mut [0]).unwrap_err();
        check(Outer::Io(end), Kind::Ambiguous);
        check(Outer::Io(io::Error::other("a text")), None);
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        check(Outer::Io(std::net::TcpStream::connect(closed).unwrap_err()), Kind::Transient);
    }

    #[test]
    fn an_interruption_is_seen_through_a_transparent_variant() {
        check(Outer::Interrupted(Interruption::Cancelled), Kind::Permanent);
        check(Outer::Interrupted(Interruption::DeadlinePassed), Kind::Ambiguous);
        let after = Duration::from_secs(1);
        check(Outer::Interrupted(Interruption::TimedOut { after }), Kind::Ambiguous);
        for retry_after in [None, Some(after)] {
            let open = Interruption::CircuitOpen { retry_after };
            check(Outer::Interrupted(open), Kind::Overloaded);
        }
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_status_is_seen_through_a_transparent_variant_with_its_hint() {
        use crate::failure::check_status::{CheckStatus, StatusError};

        #[derive(Debug, Error)]
        #[error(transparent)]
        struct Transparent(#[from] StatusError);

        for (wait, hint) in [("2", Some(2_000)), ("soon", None)] {
            let answer = http::Response::builder().status(429).header("retry-after", wait);
            let error = answer.body(()).unwrap().check_status().unwrap_err();
            let hint = hint.map(Duration::from_millis);
            let class = Class { kind: Kind::Throttled, retry_after: hint };
            assert_eq!(see_through(&Transparent(error)), Some(class));
        }
    }

    #[cfg(feature = "tonic")]
    #[test]
    fn a_grpc_status_is_seen_through_a_transparent_variant() {
        #[derive(Debug, Error)]
        #[error(transparent)]
        struct Transparent(#[from] tonic::Status);

        let kind = |status| see_through(&Transparent(status)).map(|class| class.kind);
        assert_eq!(kind(tonic::Status::unavailable("no")), Some(Kind::Ambiguous));
        assert_eq!(kind(tonic::Status::resource_exhausted("no")), Some(Kind::Throttled));
        assert_eq!(kind(tonic::Status::not_found("no")), Some(Kind::Permanent));
    }

    #[test]
    fn a_text_that_only_looks_so_has_no_class() {
        check(Outer::Text("Kind(TimedOut)"), None);
        check(Outer::Text("Cancelled"), None);
        check(Outer::Other(7), None);
        let boxed: Box<dyn Error> = "Io(Kind(TimedOut))".into();
        assert_eq!(see_through(&*boxed), None);
    }

    #[test]
    fn a_debug_that_panics_or_never_ends_is_not_waited_for() {
        struct Odd(bool);
        impl fmt::Debug for Odd {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                assert!(self.0, "on purpose");
                loop {
                    f.write_str("Odd(")?;
                }
            }
        }
        impl fmt::Display for Odd {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("on purpose")
            }
        }
        impl Error for Odd {}
        assert_eq!(see_through(&Odd(true)), None);
        assert_eq!(see_through(&Odd(false)), None);
    }
}
