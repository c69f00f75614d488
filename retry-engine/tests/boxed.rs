//! Calls whose error is boxed: `anyhow`, `Box<dyn Error>`, and errors around them.

#![cfg(all(feature = "anyhow", feature = "http", feature = "tracing"))]

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Mutex;

use retry_runtime::{
    CheckStatus, Classify, Finding, Interruption, Kind, StatusError, StopReason, doctor, history,
    observe_blocking, retryable,
};

type Boxed = Box<dyn Error + Send + Sync>;

/// An error of a client that this crate does not know.
#[derive(Debug, thiserror::Error)]
#[error("connection refused")]
struct Unknown;

#[derive(Debug, thiserror::Error)]
enum Client {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Interrupted(#[from] Interruption),
    #[error(transparent)]
    Status(#[from] StatusError),
    #[error("http: {0}")]
    Http(String),
}

fn refused() -> io::Error {
    ErrorKind::ConnectionRefused.into()
}

/// The doctor's findings about the function with this name.
fn found(name: &str) -> Vec<Finding> {
    doctor().into_iter().filter(|it| it.name == name).map(|it| it.finding).collect()
}

/// Runs `work` and returns the warnings of that time.
fn warnings(work: impl FnOnce()) -> Vec<String> {
    use tracing::{Event, Metadata, Subscriber, field, span};

    #[derive(Default)]
    struct Warnings(std::sync::Arc<Mutex<Vec<String>>>);
    struct Text<'a>(&'a mut String);
    impl field::Visit for Text<'_> {
        fn record_debug(&mut self, field: &field::Field, value: &dyn std::fmt::Debug) {
            self.0.push_str(&format!("{}={value:?} ", field.name()));
        }
    }
    impl Subscriber for Warnings {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut text = String::new();
            event.record(&mut Text(&mut text));
            self.0.lock().unwrap().push(text);
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    let warnings = Warnings::default();
    let texts = warnings.0.clone();
    tracing::subscriber::with_default(warnings, work);
    let texts = texts.lock().unwrap();
    texts.clone()
}

#[retryable(max = 2, base = "0s", budget = none, name = "boxed::unknown")]
fn unknown() -> anyhow::Result<u32> {
    Err(anyhow::Error::from(Unknown).context("cannot ask the queue"))
}

#[test]
fn an_unknown_boxed_error_is_warned_of_once_for_each_function_and_found_by_the_doctor() {
    let warned = warnings(|| {
        for _ in 0..3 {
            assert!(unknown().is_err());
        }
    });
    let about: Vec<_> = warned.iter().filter(|text| text.contains("boxed::unknown")).collect();
    assert_eq!(about.len(), 1, "{warned:?}");
    assert!(
        about[0].contains("derives `Classify`") && about[0].contains("`on = any`"),
        "{about:?}"
    );
    assert_eq!(found("boxed::unknown"), [Finding::Unknown { failures: 3 }]);
    let text = doctor().iter().find(|it| it.name == "boxed::unknown").unwrap().to_string();
    assert!(text.contains("derives `Classify`"), "{text}");
}

#[test]
fn an_unknown_error_inside_of_a_derived_one_is_found_too() {
    #[derive(Debug, thiserror::Error, Classify)]
    #[error(transparent)]
    #[classify(inherit)]
    struct Derived(#[from] anyhow::Error);

    #[retryable(max = 2, base = "0s", budget = none, name = "boxed::derived")]
    fn derived() -> Result<u32, Derived> {
        Err(anyhow::Error::from(Unknown).context("cannot ask").into())
    }
    assert!(derived().is_err());
    assert_eq!(found("boxed::derived"), [Finding::Unknown { failures: 1 }]);
    let past = history("boxed::derived").unwrap();
    let text = past[0].report.attempts[0].error.as_deref();
    assert_eq!(text, Some("cannot ask: connection refused"));
}

#[test]
fn known_permanent_and_judged_errors_are_no_finding() {
    #[retryable(max = 1, base = "0s", budget = none, name = "boxed::known")]
    fn known() -> Result<u32, Boxed> {
        Err(io::Error::from(ErrorKind::NotFound).into())
    }
    #[retryable(max = 1, base = "0s", budget = none, on = any, name = "boxed::judged")]
    fn any() -> Result<u32, Boxed> {
        Err(Unknown.into())
    }
    #[retryable(max = 1, base = "0s", budget = none, when = |_| false, name = "boxed::when")]
    fn when() -> Result<u32, Boxed> {
        Err(Unknown.into())
    }
    #[retryable(max = 1, base = "0s", budget = none, name = "boxed::typed")]
    fn typed() -> io::Result<u32> {
        // An error that was classified outside of a call, before the call.
        let _ = Boxed::from(Unknown).classify();
        Err(ErrorKind::NotFound.into())
    }
    let _ = (known().is_err(), any().is_err(), when().is_err(), typed().is_err());
    for name in ["boxed::known", "boxed::judged", "boxed::when", "boxed::typed"] {
        assert_eq!(found(name), [], "{name}");
    }
}

#[test]
fn a_transparent_error_in_a_box_has_the_class_of_the_error_inside() {
    let kinds = |error: fn() -> Client| {
        let boxed: Boxed = error().into();
        let any = anyhow::Error::from(error()).context("somewhere");
        assert_eq!(boxed.classify(), any.classify());
        boxed.classify().kind
    };
    assert_eq!(kinds(|| refused().into()), Kind::Transient);
    assert_eq!(kinds(|| io::Error::from(ErrorKind::TimedOut).into()), Kind::Ambiguous);
    assert_eq!(kinds(|| Interruption::Cancelled.into()), Kind::Permanent);
    assert_eq!(kinds(|| Interruption::CircuitOpen { retry_after: None }.into()), Kind::Overloaded);
    assert_eq!(kinds(|| Interruption::DeadlinePassed.into()), Kind::Ambiguous);
    assert_eq!(
        kinds(|| {
            let answer = http::Response::builder().status(429).body(()).unwrap();
            answer.check_status().unwrap_err().into()
        }),
        Kind::Throttled
    );
    assert_eq!(kinds(|| Client::Http("connection refused".into())), Kind::Permanent);
}

#[test]
fn the_text_of_a_boxed_error_is_the_whole_chain_also_with_on_any() {
    fn failure() -> anyhow::Error {
        anyhow::Error::from(refused()).context("cannot reach the ledger").context("cannot charge")
    }
    #[retryable(max = 0, on = any)]
    fn any() -> anyhow::Result<u32> {
        Err(failure())
    }
    #[retryable(max = 0)]
    fn classified() -> anyhow::Result<u32> {
        Err(failure())
    }
    #[retryable(max = 0, on = any)]
    fn boxed() -> Result<u32, Boxed> {
        Err(failure().into())
    }
    let expected = Some("cannot charge: cannot reach the ledger: connection refused");
    for (_, report) in [observe_blocking(any), observe_blocking(classified)] {
        assert_eq!(report.attempts[0].error.as_deref(), expected);
    }
    assert_eq!(observe_blocking(boxed).1.attempts[0].error.as_deref(), expected);
}

#[test]
fn no_stored_text_has_the_secrets_of_a_url_whatever_its_source() {
    const URL: &str = "https://user:pw@host/x?token=abc#frag";
    #[retryable(max = 1, base = "0s", name = "boxed::url_anyhow")]
    fn in_anyhow() -> anyhow::Result<u32> {
        Err(anyhow::Error::from(refused()).context(format!("cannot get {URL}")))
    }
    #[retryable(max = 1, base = "0s", name = "boxed::url_boxed")]
    fn in_box() -> Result<u32, Boxed> {
        Err(Client::Http(URL.to_owned()).into())
    }
    #[retryable(max = 1, base = "0s", on = any, name = "boxed::url_any")]
    fn any() -> Result<u32, Client> {
        Err(Client::Http(URL.to_owned()))
    }
    #[retryable(max = 1, base = "0s", when = |_| true, name = "boxed::url_when")]
    fn when() -> Result<u32, String> {
        Err(format!("cannot get {URL}: refused"))
    }
    let reports = [
        observe_blocking(in_anyhow).1,
        observe_blocking(in_box).1,
        observe_blocking(any).1,
        observe_blocking(when).1,
    ];
    let names = ["boxed::url_anyhow", "boxed::url_boxed", "boxed::url_any", "boxed::url_when"];
    for (report, name) in reports.iter().zip(names) {
        let past = history(name).unwrap();
        for attempt in report.attempts.iter().chain(&past[0].report.attempts) {
            let text = attempt.error.as_deref().expect("a failed attempt");
            assert!(text.contains("https://host/x"), "{text}");
            for secret in ["user", "pw", "token", "abc", "frag"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
    assert_eq!(reports[1].reason, StopReason::Permanent);
}
