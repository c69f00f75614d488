//! What was probably meant: the argument behind another library's name for it, and the nearest name.

use crate::args::TABLE;
use crate::form::Form;
use crate::items::Written;

/// Names that other libraries have for what is an argument here.
const ALIASES: &[(&str, &[&str])] = &[
    ("max", &["max_retries", "retries", "retry", "times", "tries", "count", "n"]),
    ("attempts", &["max_attempts", "max_tries", "stop_after_attempt"]),
    (
        "base",
        &[
            "delay",
            "base_delay",
            "initial",
            "initial_delay",
            "min_delay",
            "wait",
            "interval",
            "min",
        ],
    ),
    ("cap", &["max_delay", "max_interval", "max_backoff", "max_wait", "ceiling"]),
    ("factor", &["multiplier", "growth", "exponent"]),
    ("backoff", &["strategy", "delays"]),
    ("jitter", &["randomize", "randomized", "random"]),
    (
        "deadline",
        &[
            "total_timeout",
            "max_elapsed",
            "max_elapsed_time",
            "max_duration",
            "total_delay",
            "overall",
        ],
    ),
    ("timeout", &["attempt_timeout", "per_attempt", "time_limit"]),
    ("on", &["retry_on", "kinds", "kind"]),
    ("when", &["retry_when", "condition", "predicate", "filter", "retryable_if"]),
    ("retry_if", &["retry_on_result", "retry_if_result", "until"]),
    ("recover", &["fallback", "or_else"]),
    ("cancel", &["token", "cancellation", "cancel_token"]),
    ("on_retry", &["notify", "before_sleep", "hook", "on_error"]),
    ("attempt", &["context", "ctx"]),
    ("name", &["id", "label"]),
    ("policy", &["preset", "config", "profile"]),
];

/// The argument that a wrong name stands for, if there is one, and the message about it.
pub(crate) fn argument(written: &Written) -> (Option<&'static str>, String) {
    let word = written.key.to_string();
    // The second kind of `on = Transient, Throttled`.
    if matches!(written.form, Form::Bare) && word.starts_with(char::is_uppercase) {
        let help = "kinds are listed in one argument: `on = Transient | Throttled`";
        return (None, format!("unknown argument `{word}`\nhelp: {help}"));
    }
    let meant = meant(&word);
    let help = match meant {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the arguments are {}", names().join(", ")),
    };
    (meant, format!("unknown argument `{word}`\nhelp: {help}"))
}

fn names() -> Vec<&'static str> {
    TABLE.iter().map(|row| row.name).collect()
}

/// The argument of that name elsewhere, else the nearest, else the one whose name elsewhere is nearest.
fn meant(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let alias = |word: &str| {
        ALIASES.iter().find(|(_, aliases)| aliases.contains(&word)).map(|(name, _)| *name)
    };
    let aliases: Vec<&str> = ALIASES.iter().flat_map(|(_, aliases)| *aliases).copied().collect();
    alias(&lower)
        .or_else(|| nearest(&lower, &names()))
        .or_else(|| alias(within(&lower, &aliases, |_| 2)?))
}

/// The candidate that is most likely meant by `word`, if one is near enough to be worth proposing.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    within(word, candidates, |candidate| candidate.len().max(word.len()) / 3 + 1)
}

fn within<'a>(
    word: &str,
    candidates: &[&'a str],
    limit: impl Fn(&str) -> usize,
) -> Option<&'a str> {
    candidates
        .iter()
        .map(|candidate| (distance(&word.to_lowercase(), candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= limit(candidate))
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other: the optimal
/// string alignment distance.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replace = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(distance("fatcor", "factor"), 1);
    }

    #[test]
    fn the_nearest_of_several_is_proposed_and_a_far_word_is_not() {
        assert_eq!(nearest("bse", &["max", "base", "cap"]), Some("base"));
        assert_eq!(nearest("elephant", &["max", "base", "cap"]), None);
    }
}
