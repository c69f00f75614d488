//! The source code of a generated crate.

use crate::run::root;

/// One way to write functions that retry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) way: &'static str,
    pub(super) is_async: bool,
    /// Lines below `[dependencies]`; `ROOT` stands for this repository.
    dependencies: &'static str,
    /// The code above the functions.
    head: &'static str,
    /// The template of a function; `N` is its number.
    function: &'static str,
}

const TOKIO: &str =
    r#"tokio = { version = "1", default-features = false, features = ["rt", "time"] }"#;

const HAND: &str = "pub fn fN(key: u32) -> Answer {
    let mut retries = 0;
    loop {
        match fetch(N, key) {
            Err(failure) if retries < 3 && failure.is_transient() => {
                std::thread::sleep(Duration::from_millis(100 << retries));
                retries += 1;
            }
            outcome => return outcome,
        }
    }
}
";

const HAND_ASYNC: &str = "pub async fn fN(key: u32) -> Answer {
    let mut retries = 0;
    loop {
        match fetch(N, key).await {
            Err(failure) if retries < 3 && failure.is_transient() => {
                tokio::time::sleep(Duration::from_millis(100 << retries)).await;
                retries += 1;
            }
            outcome => return outcome,
        }
    }
}
";

const OURS: &str = r#"retry-runtime = { path = "ROOT/retry-runtime" }"#;

const OURS_ALONE: &str =
    r#"retry-runtime = { path = "ROOT/retry-runtime", default-features = false }"#;

const COMMON: &str = r#"tokio = { version = "1", features = ["full"] }
serde = { version = "1", features = ["derive"] }
tracing = "0.1""#;

const COMMON_AND_OURS: &str = r#"tokio = { version = "1", features = ["full"] }
serde = { version = "1", features = ["derive"] }
tracing = "0.1"
retry-runtime = { path = "ROOT/retry-runtime" }"#;

const BACKON: &str = r#"backon = { version = "=1.6.0", default-features = false, features = ["std", "std-blocking-sleep", "tokio-sleep"] }"#;

const BACKON_MACROS: &str = r#"backon-macros = "=1.0.0"
backon = { version = "=1.6.0", default-features = false, features = ["std", "std-blocking-sleep", "tokio-sleep"] }"#;

const BACKON_HEAD: &str =
    "use backon::{BlockingRetryable as _, ExponentialBuilder, Retryable as _};
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(100)).with_jitter()
}
";

const MACROS_HEAD: &str = "use backon::ExponentialBuilder;
use backon_macros::backon;
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(100)).with_jitter()
}
";

/// The way of a program that retries nothing.
pub(super) const NO_RETRY: &str = "no retry";
/// The way of [`Kind::policy_alone`].
pub(crate) const ALONE: &str = "ours without sites";

/// The ways of [`Kind::applications`].
pub(crate) const APPLICATION: &str = "application";
pub(crate) const APPLICATION_WITH_OURS: &str = "application + ours";

const OURS_ASYNC: &str = "#[retryable(base = \"100ms\")]
pub async fn fN(key: u32) -> Answer { fetch(N, key).await }
";

impl Kind {
    /// An application that has the dependencies of most, with a hand-written loop and with ours: the difference is what
    /// we add.
    pub(super) fn applications() -> [Kind; 2] {
        let kind = |way, dependencies, head, function| Kind {
            way,
            is_async: true,
            dependencies,
            head,
            function,
        };
        [
            kind(APPLICATION, COMMON, "", HAND_ASYNC),
            kind(
                APPLICATION_WITH_OURS,
                COMMON_AND_OURS,
                "use retry_runtime::retryable;\n",
                OURS_ASYNC,
            ),
        ]
    }

    /// Calls of a `Policy` in a build without the feature `sites`.
    pub(super) fn policy_alone(is_async: bool) -> Kind {
        Kind {
            way: ALONE,
            is_async,
            dependencies: OURS_ALONE,
            head: "const POLICY: retry_runtime::Policy = \
                   retry_runtime::Policy::new().base(Duration::from_millis(100)).checked();\n",
            function: if is_async {
                "pub async fn fN(key: u32) -> Answer { POLICY.call_async(|_| fetch(N, key)).await }\n"
            } else {
                "pub fn fN(key: u32) -> Answer { POLICY.call(|_| fetch(N, key)) }\n"
            },
        }
    }

    /// A small program that retries nothing, and the same with our lean package and with its peer.
    pub(super) fn lean(is_async: bool) -> Vec<Kind> {
        let others = Kind::all().into_iter().filter(|kind| kind.is_async == is_async);
        let others = others.filter(|kind| [NO_RETRY, "backon"].contains(&kind.way));
        others.chain([Kind::policy_alone(is_async)]).collect()
    }

    /// Every kind, sync before `async`.
    pub(super) fn all() -> Vec<Kind> {
        let kind = |way, is_async, dependencies, head, function| Kind {
            way,
            is_async,
            dependencies,
            head,
            function,
        };
        vec![
            kind(NO_RETRY, false, "", "", "pub fn fN(key: u32) -> Answer { fetch(N, key) }\n"),
            kind("hand-written loop", false, "", "", HAND),
            kind(
                "ours",
                false,
                OURS,
                "use retry_runtime::retryable;\n",
                "#[retryable(base = \"100ms\")]\npub fn fN(key: u32) -> Answer { fetch(N, key) }\n",
            ),
            kind(
                "ours + breaker",
                false,
                OURS,
                "use retry_runtime::retryable;\n",
                "#[retryable(base = \"100ms\", breaker)]\npub fn fN(key: u32) -> Answer { fetch(N, key) }\n",
            ),
            kind(
                "backon",
                false,
                BACKON,
                BACKON_HEAD,
                "pub fn fN(key: u32) -> Answer {
    (|| fetch(N, key)).retry(backoff()).when(Failure::is_transient).call()
}
",
            ),
            kind(
                "backon-macros",
                false,
                BACKON_MACROS,
                MACROS_HEAD,
                "#[backon(backoff = backoff, when = Failure::is_transient)]
pub fn fN(key: u32) -> Answer { fetch(N, key) }
",
            ),
            kind(
                NO_RETRY,
                true,
                TOKIO,
                "",
                "pub async fn fN(key: u32) -> Answer { fetch(N, key).await }\n",
            ),
            kind("hand-written loop", true, TOKIO, "", HAND_ASYNC),
            kind(
                "ours",
                true,
                OURS,
                "use retry_runtime::retryable;\n",
                OURS_ASYNC,
            ),
            kind(
                "ours + breaker",
                true,
                OURS,
                "use retry_runtime::retryable;\n",
                "#[retryable(base = \"100ms\", breaker)]\npub async fn fN(key: u32) -> Answer { fetch(N, key).await }\n",
            ),
            kind(
                "backon",
                true,
                BACKON,
                BACKON_HEAD,
                "pub async fn fN(key: u32) -> Answer {
    (|| fetch(N, key)).retry(backoff()).when(Failure::is_transient).await
}
",
            ),
            kind(
                "backon-macros",
                true,
                BACKON_MACROS,
                MACROS_HEAD,
                "#[backon(backoff = backoff, when = Failure::is_transient)]
pub async fn fN(key: u32) -> Answer { fetch(N, key).await }
",
            ),
            kind(
                "tokio-retry2",
                true,
                r#"tokio-retry2 = { version = "=0.9.1", features = ["jitter"] }"#,
                "use tokio_retry2::strategy::{ExponentialBackoff, jitter};
use tokio_retry2::{Retry, RetryError};
fn judged(failure: Failure) -> RetryError<Failure> {
    if failure.is_transient() { RetryError::transient(failure) } else { RetryError::permanent(failure) }
}
",
                "pub async fn fN(key: u32) -> Answer {
    let delays = ExponentialBackoff::from_millis(100).map(jitter).take(3);
    Retry::spawn(delays, || async { fetch(N, key).await.map_err(judged) }).await
}
",
            ),
        ]
    }

    /// Whether the kind represents its crate in measurements of dependencies.
    pub(super) fn is_typical(&self) -> bool {
        self.is_async && ![NO_RETRY, "ours + breaker"].contains(&self.way)
    }

    /// The name of the generated directory and package.
    pub(super) fn name(&self) -> String {
        let words = self.way.replace(" + ", "-").replace(' ', "-");
        format!("user-{words}-{}", if self.is_async { "async" } else { "sync" })
    }

    pub(super) fn manifest(&self) -> String {
        let dependencies = self.dependencies.replace("ROOT", root());
        format!(
            "[workspace]\n[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [lib]\nname = \"user\"\n[dependencies]\n{dependencies}\n",
            self.name(),
        )
    }

    /// The function that the generated functions call. Never inlined, so that it is not measured.
    pub(super) fn library(&self) -> String {
        let mut text = String::from(
            "#[derive(Clone, Copy, Debug)]\npub struct Failure(pub u32);\n\
             pub type Answer = Result<u32, Failure>;\n\
             impl Failure { pub fn is_transient(&self) -> bool { self.0 < 500 } }\n\
             impl std::fmt::Display for Failure {\n\
                 fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, \"failure {}\", self.0) }\n\
             }\n\
             impl std::error::Error for Failure {}\n",
        );
        if self.dependencies.contains("retry-runtime = ") {
            text.push_str(
                "impl retry_runtime::Classify for Failure {\n\
                     fn classify(&self) -> retry_runtime::Class {\n\
                         use retry_runtime::Kind;\n\
                         if self.is_transient() { Kind::Transient.into() } else { Kind::Permanent.into() }\n\
                     }\n\
                 }\n\
                 impl From<retry_runtime::Interruption> for Failure {\n\
                     fn from(_: retry_runtime::Interruption) -> Self { Failure(599) }\n\
                 }\n",
            );
        }
        text.push_str(if self.is_async {
            "pub struct Fetch { number: u32, key: u32 }\n\
             pub fn fetch(number: u32, key: u32) -> Fetch { Fetch { number, key } }\n\
             impl std::future::Future for Fetch {\n\
                 type Output = Answer;\n\
                 #[inline(never)]\n\
                 fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Answer> {\n\
                     std::task::Poll::Ready(if std::hint::black_box(self.key) == self.number { Ok(1) } else { Err(Failure(self.key)) })\n\
                 }\n\
             }\n"
        } else {
            "#[inline(never)]\n\
             pub fn fetch(number: u32, key: u32) -> Answer {\n\
                 if std::hint::black_box(key) == number { Ok(1) } else { Err(Failure(key)) }\n\
             }\n"
        });
        text
    }

    /// A program with this many functions, each of which it might call.
    pub(super) fn program(&self, functions: u32) -> String {
        let mut text = String::from(
            "#![allow(unused_imports)]\nuse std::time::Duration;\nuse user::{Answer, Failure, fetch};\n",
        );
        text.push_str(self.head);
        for number in 0..functions {
            text.push_str(&replaced(self.function, number));
        }
        if self.is_async {
            text.push_str(
                "type Call = std::pin::Pin<Box<dyn std::future::Future<Output = Answer>>>;\n\
                 static ALL: &[fn(u32) -> Call] = &[\n",
            );
            (0..functions).for_each(|n| text.push_str(&format!("|key| Box::pin(f{n}(key)),\n")));
            text.push_str(
                "];\nfn main() {\n\
                 let at = std::env::args().count();\n\
                 let mut call = ALL[at](at as u32);\n\
                 let mut context = std::task::Context::from_waker(std::task::Waker::noop());\n\
                 println!(\"{:?}\", call.as_mut().poll(&mut context));\n}\n",
            );
        } else {
            text.push_str("static ALL: &[fn(u32) -> Answer] = &[\n");
            (0..functions).for_each(|n| text.push_str(&format!("f{n},\n")));
            text.push_str(
                "];\nfn main() {\n\
                 let at = std::env::args().count();\n\
                 println!(\"{:?}\", ALL[at](at as u32));\n}\n",
            );
        }
        text
    }
}

/// Fills the number into the two places of a template.
fn replaced(function: &str, number: u32) -> String {
    function.replace("fN(", &format!("f{number}(")).replace("(N,", &format!("({number},"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_has_its_number_in_the_name_and_in_the_call() {
        let kinds = Kind::all().into_iter().chain(Kind::applications());
        for kind in kinds.chain([true, false].map(Kind::policy_alone)) {
            let function = replaced(kind.function, 42);
            assert!(function.contains("fn f42(key"), "{function}");
            assert!(function.contains("fetch(42, key)"), "{function}");
        }
    }

    #[test]
    fn names_are_distinct_and_valid_package_names() {
        let mut names: Vec<String> =
            Kind::all().iter().chain(&Kind::applications()).map(Kind::name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| !name.contains([' ', '+'])), "{names:?}");
    }
}
