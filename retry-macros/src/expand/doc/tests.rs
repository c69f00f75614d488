//! Sections of functions of each kind, as a reader sees them.

use crate::errors::Errors;
use crate::expand::doc::text;
use crate::read::table;

fn section(attribute: &str, is_async: bool) -> String {
    let mut errors = Errors::default();
    let args = table::read(attribute.parse().expect("tokens"), &mut errors);
    assert!(errors.finish().is_empty(), "{attribute}");
    text(&args, is_async).trim_start().to_owned()
}

#[track_caller]
fn says(attribute: &str, is_async: bool, sentences: &[&str]) {
    let section = section(attribute, is_async);
    for sentence in sentences {
        assert!(section.contains(sentence), "no `{sentence}` in\n{section}");
    }
}

#[track_caller]
fn is_silent(attribute: &str, words: &[&str]) {
    let section = section(attribute, false);
    for word in words {
        assert!(!section.contains(word), "`{word}` in\n{section}");
    }
}

#[test]
fn the_section_of_the_defaults_is_read_from_top_to_bottom() {
    let expected = "\
# Retries

Retried up to 3 times after the first attempt. Failures of the kinds `Transient` and `Throttled` are retried.

| retry | delay before it | delays so far |
|---:|---|---|
| 1 | 0 s to 1 s | 0 s to 1 s |
| 2 | 0 s to 2 s | 0 s to 3 s |
| 3 | 0 s to 4 s | 0 s to 7 s |

- A pause blocks the calling thread.
- Not declared idempotent: an `Ambiguous` failure, which may have taken effect, ends the call.
- Retries draw on the function's own budget.
- A server's `Retry-After` replaces a shorter delay; one longer than 60 s ends the call.";
    assert_eq!(section("", false), expected);
}

#[test]
fn an_idempotent_function_lists_ambiguous_among_the_kinds_that_are_retried() {
    let kinds = "Failures of the kinds `Transient`, `Throttled` and `Ambiguous` are retried.";
    says("idempotent", true, &[kinds, "- Idempotent: "]);
    says("on = Transient, idempotent", true, &["`Transient` and `Ambiguous` are retried."]);
    says(
        "on = Ambiguous",
        true,
        &["Failures of the kind `Ambiguous` are retried.", "- Idempotent: "],
    );
    is_silent("idempotent", &["ends the call.\n- Retries", "Not"]);
}

#[test]
fn a_function_that_is_never_retried_says_nothing_about_retries() {
    assert_eq!(section("max = 0", false), "# Retries\n\nNever retried: `max = 0`.");
    says("attempts = 1, breaker", true, &["Never retried: `attempts = 1`.", "- Protected by"]);
    is_silent("max = 0, deadline = \"1s\"", &["Retry-After", "budget", "are retried", "| retry |"]);
}

#[test]
fn every_failure_and_an_end_by_a_failure_are_not_promised_together() {
    says("on = any", false, &["Every failure is retried."]);
    is_silent("on = any", &["ends the call", "Ambiguous"]);
    let timeout = "on = any, timeout = \"5s\", idempotent = false";
    says(timeout, true, &["Not idempotent: an attempt that its timeout cuts off ends the call."]);
    says("when = is_busy", false, &["A failure is retried if `is_busy` is true."]);
}

#[test]
fn a_section_says_what_a_limit_means_for_a_sync_and_for_an_async_function() {
    let limits = "deadline = \"10s\", cancel = stop";
    says(
        limits,
        true,
        &["cut off.", "A pause blocks no thread.", "during an attempt and during a pause"],
    );
    says(
        limits,
        false,
        &["is not interrupted", "blocks the calling thread", "after the running attempt"],
    );
}

#[test]
fn retries_with_the_same_delay_share_a_row() {
    let twelve = "max = 12, base = \"0s\", jitter = none";
    says(twelve, false, &["|---:|---|---|\n| 1 to 12 | 0 s | 0 s |\n\n"]);
    says("max = 5, backoff = fixed, jitter = none", false, &["| 1 to 5 | 1 s | 5 s |"]);
    let capped = "attempts = forever, base = \"10s\", cap = \"20s\", jitter = none";
    says(capped, false, &["| 1 | 10 s | 10 s |\n| from 2 on | 20 s |  |\n\n"]);
    says("max = 99, jitter = none, cap = \"2s\"", false, &["| 2 to 99 | 2 s |  |\n\n"]);
    says(
        "max = 99, backoff = linear, cap = \"1h\"",
        false,
        &["| 12 | 0 s to 12 s | 0 s to 78 s |\n| … | | |"],
    );
}

#[test]
fn retries_that_never_start_share_a_row() {
    let late = "max = 9, backoff = fixed, jitter = none, deadline = \"3s\"";
    says(
        late,
        false,
        &["| 1 to 3 | 1 s | 3 s |\n| 4 to 9 | ⚠ never starts: the deadline has passed | |\n\n"],
    );
    let endless = "attempts = unlimited, backoff = fixed, jitter = none, deadline = \"3s\"";
    says(endless, false, &["| from 4 on | ⚠ never starts"]);
}

#[test]
fn presets_statics_names_and_keys_of_budgets_and_breakers_are_told_apart() {
    says("budget = none", false, &["- No retry budget."]);
    says("budget = grpc", false, &["the function's own budget, the preset `grpc`."]);
    says("budget = SHARED", false, &["the budget `SHARED`."]);
    says("budget(key = host)", false, &["the function's own budget, and on one for each `host`."]);
    says(
        "breaker(\"bank\", key = host)",
        false,
        &["the circuit breaker `bank`, one for each `host`;"],
    );
}

#[test]
fn a_limit_that_is_no_literal_is_shown_as_it_is_written() {
    says("max = self.retries", false, &["Retried up to `self.retries` times after"]);
    says("attempts = LIMIT", false, &["Attempted up to `LIMIT` times."]);
}

#[test]
fn labels_names_and_hints_are_said() {
    says("label = operation", false, &["Counts, history and budget are kept apart by `operation`"]);
    says("label = id, budget = none", false, &["Counts and history are kept apart by `id`"]);
    says("name = \"billing::charge\"", false, &["Named `billing::charge` in reports"]);
    says("hint_cap = clamp(\"10s\")", false, &["one longer than 10 s is cut to 10 s."]);
    says("hint = instead", false, &["replaces the delay;"]);
    says("hint = exact", false, &["replaces the delay and is not spread;"]);
}
