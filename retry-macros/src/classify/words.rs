//! The words of `#[classify(…)]`, and how messages list them.

use proc_macro2::{TokenStream, TokenTree};

/// The words that a variant can have, for messages.
pub(crate) const CHOICES: &str = "`transient`, `throttled`, `ambiguous`, `overloaded`, `permanent`,\n      \
    `inherit`, `interruption`, `after = field`, `status = field`, `kind = expr` and `messages`";

/// The words that are no kinds, to find the nearest one to a wrong word.
const OTHERS: [&str; 8] =
    ["inherit", "interruption", "messages", "status", "kind", "after", "default", "crate"];

/// Our words, each with the words of other libraries.
const ELSEWHERE: [(&str, &[&str]); 9] = [
    ("transient", &["retry", "retryable", "temporary"]),
    ("throttled", &["rate_limited", "ratelimited"]),
    ("ambiguous", &["timeout", "unknown"]),
    ("overloaded", &["overload"]),
    (
        "permanent",
        &[
            "fatal",
            "never",
            "no_retry",
            "never_retry",
            "not_retryable",
            "non_retryable",
            "abort",
            "give_up",
        ],
    ),
    ("inherit", &["transparent", "source"]),
    ("interruption", &["interrupted", "from"]),
    ("after = field", &["retry_after", "delay"]),
    ("status = field", &["code", "http"]),
];

/// A kind of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The word in the attribute.
    pub(crate) word: &'static str,
    /// The name of the variant in the runtime.
    pub(crate) variant: &'static str,
}

impl Kind {
    pub(crate) const THROTTLED: Kind = Kind { word: "throttled", variant: "Throttled" };

    pub(crate) const ALL: [Kind; 5] = [
        Kind { word: "transient", variant: "Transient" },
        Kind::THROTTLED,
        Kind { word: "ambiguous", variant: "Ambiguous" },
        Kind { word: "overloaded", variant: "Overloaded" },
        Kind { word: "permanent", variant: "Permanent" },
    ];

    /// The kind with that word.
    pub(crate) fn named(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word == word)
    }
}

/// The word that a wrong one probably stands for.
pub(crate) fn nearest(word: &str) -> Option<&'static str> {
    let elsewhere = ELSEWHERE.iter().find(|(_, words)| words.contains(&word));
    let words = [&Kind::ALL.map(|kind| kind.word)[..], &OTHERS].concat();
    elsewhere.map(|(ours, _)| *ours).or_else(|| retry_text::nearest(word, &words))
}

/// Lists names as a sentence does: `` `a`, `b` and `c` ``.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

/// The last word in `Kind::Transient` or `"transient"`; empty if there is none.
pub(crate) fn last_word(tokens: &TokenStream) -> String {
    let word = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        TokenTree::Literal(text) => Some(text.to_string().trim_matches('"').to_owned()),
        TokenTree::Group(group) => Some(last_word(&group.stream())),
        TokenTree::Punct(_) => None,
    });
    word.last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(list(&[] as &[&str]), "");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn a_path_or_a_text_has_a_last_word() {
        assert_eq!(last_word(&quote!(Kind::Transient)), "Transient");
        assert_eq!(last_word(&quote!("transient")), "transient");
        assert_eq!(last_word(&quote!(())), "");
    }

    #[test]
    fn other_libraries_words_lead_to_ours() {
        assert_eq!(nearest("transparent"), Some("inherit"));
        assert_eq!(nearest("Transient"), Some("transient"));
        assert_eq!(nearest("bananas"), None);
    }
}
