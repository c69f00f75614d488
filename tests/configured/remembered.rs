//! Process-wide settings of the call history: its size, and the redaction of secrets.

use std::borrow::Cow;
use std::fmt;

use retry_runtime::{
    HistoryLimits, PastCall, limit_history, observe_blocking, redact_errors_with, retryable,
};

use super::program::turn;

fn history(name: &str) -> Vec<PastCall> {
    retry_runtime::history(name).expect("the function is linked")
}

#[test]
fn the_history_is_bounded_in_calls_and_in_bytes() {
    let _turn = turn();
    #[derive(Debug)]
    struct Long(usize);
    impl fmt::Display for Long {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&"x".repeat(self.0))
        }
    }
    #[retryable(max = 0, on = any, name = "history::bounded")]
    fn fetch(length: usize) -> Result<u32, Long> {
        Err(Long(length))
    }
    let errors = || {
        let past = history("history::bounded");
        let text = |call: &PastCall| call.report.attempts[0].error.clone();
        past.iter().map(|call| text(call).expect("it failed").len()).collect::<Vec<_>>()
    };
    for length in 0..40 {
        let _ = fetch(length);
    }
    assert_eq!(errors(), (8..40).collect::<Vec<_>>(), "the last 32 calls");
    limit_history(HistoryLimits { calls: 100, bytes: 3_000 });
    for _ in 0..10 {
        let _ = fetch(900);
    }
    assert!(errors().len() <= 2, "{:?}", errors());
    let _ = fetch(5_000);
    assert!(errors().iter().all(|length| *length <= 1_027), "{:?}", errors());
    limit_history(HistoryLimits { calls: 0, bytes: 3_000 });
    let _ = fetch(1);
    assert_eq!(errors(), [0_usize; 0]);
    limit_history(HistoryLimits::default());
}

#[test]
fn a_hook_redacts_secrets_in_everything_that_is_stored() {
    let _turn = turn();
    #[retryable(max = 1, base = "0s", on = any, name = "history::secret")]
    fn log_in(text: &str) -> Result<u32, String> {
        Err(text.to_owned())
    }
    redact_errors_with(|text| {
        assert!(!text.contains("panic"), "the hook panics");
        Cow::Owned(text.replace("hunter2", "***"))
    });
    let (result, report) = observe_blocking(|| log_in("bad password hunter2"));
    let _ = log_in("panic");
    redact_errors_with(|text| Cow::Borrowed(text));
    assert_eq!(result, Err("bad password hunter2".to_owned()), "the caller gets its own error");
    let kept = report.attempts.iter().map(|attempt| attempt.error.as_deref());
    assert!(kept.clone().all(|text| text == Some("bad password ***")), "{report:?}");
    let past = history("history::secret");
    assert_eq!(past[0].report.attempts[1].error.as_deref(), Some("bad password ***"));
    assert_eq!(past[1].report.attempts[0].error.as_deref(), Some("(redacted)"));
}
