//! The class of a failure by phrases in its text, for failures without a type.
//!
//! This is a last resort, because the text may change with every version of a server. It is used only where
//! `#[classify(messages)]` or a call of these functions asks for it.

use std::borrow::Cow;

use super::class::{Class, Kind};

/// The built-in phrases. Where systems use two phrases for an error, both are listed.
const BUILTIN: [(&str, Kind); 12] = [
    ("timeout", Kind::Ambiguous),
    ("timed out", Kind::Ambiguous),
    ("deadline exceeded", Kind::Ambiguous),
    ("connection reset", Kind::Ambiguous),
    ("broken pipe", Kind::Ambiguous),
    ("connection refused", Kind::Transient),
    ("temporary failure", Kind::Transient),
    ("network unreachable", Kind::Transient),
    ("network is unreachable", Kind::Transient),
    ("rate limit", Kind::Throttled),
    ("rate limited", Kind::Throttled),
    ("too many requests", Kind::Throttled),
];

/// The class of a failure's text by the built-in phrases; `Permanent` when the text has none of them.
///
/// [`Patterns::builtin`] lists the phrases, and [`Patterns`] says how they are compared.
///
/// ```
/// use retry_runtime::{Kind, classify};
///
/// assert_eq!(classify::of_message("Connection refused (os error 111)").kind, Kind::Transient);
/// assert_eq!(classify::of_message("no such account").kind, Kind::Permanent);
/// ```
#[inline]
pub fn of_message(text: &str) -> Class {
    Patterns::builtin().classify(text).unwrap_or(Kind::Permanent).into()
}

/// A list of phrases, each with a [`Kind`].
///
/// A text contains a phrase as whole words and in any case: `Timeout!` contains `timeout`, but `timeouts` and
/// `timeout_ms` do not (words consist of letters, digits and `_`, as for `\b` in a regex). A space matches any run of
/// white space and hyphens, so `rate-limit` contains `rate limit`.
///
/// When a text contains phrases of different kinds, the most cautious kind wins, which is the later one in
/// [`Kind::ALL`]: a text with both `timed out` and `connection refused` is `Ambiguous`, since one of the two
/// attempts that it mentions may have taken effect. If a text contains a phrase that was added by
/// [`with`](Patterns::with), the built-in phrases are ignored.
///
/// ```
/// use retry_runtime::Kind;
/// use retry_runtime::classify::Patterns;
///
/// let patterns = Patterns::builtin()
///     .with("quota exceeded", Kind::Throttled)
///     .with("gateway timeout", Kind::Transient);
///
/// assert_eq!(patterns.classify("Quota exceeded for today"), Some(Kind::Throttled));
/// assert_eq!(patterns.classify("504 Gateway Timeout"), Some(Kind::Transient));
/// assert_eq!(patterns.classify("read timeout"), Some(Kind::Ambiguous));
/// assert_eq!(patterns.classify("invalid card"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    added: Vec<(Cow<'static, str>, Kind)>,
    builtin: bool,
}

impl Patterns {
    /// An empty list, to which you add your own phrases.
    ///
    /// ```
    /// use retry_runtime::classify::Patterns;
    ///
    /// assert_eq!(Patterns::new().classify("timeout"), None);
    /// ```
    #[inline]
    pub const fn new() -> Self {
        Patterns { added: Vec::new(), builtin: false }
    }

    /// The built-in phrases.
    ///
    /// | kind | phrases |
    /// |---|---|
    /// | `Ambiguous` | `timeout`, `timed out`, `deadline exceeded`, `connection reset`, `broken pipe` |
    /// | `Transient` | `connection refused`, `temporary failure`, `network unreachable`, `network is unreachable` |
    /// | `Throttled` | `rate limit`, `rate limited`, `too many requests` |
    ///
    /// ```
    /// use retry_runtime::Kind;
    /// use retry_runtime::classify::Patterns;
    ///
    /// static PATTERNS: Patterns = Patterns::builtin();
    ///
    /// assert_eq!(PATTERNS.classify("Too many requests"), Some(Kind::Throttled));
    /// ```
    #[inline]
    pub const fn builtin() -> Self {
        Patterns { added: Vec::new(), builtin: true }
    }

    /// The same list with one more phrase, which wins over the built-in ones.
    ///
    /// A phrase of nothing but spaces and hyphens matches no text.
    #[must_use]
    pub fn with(mut self, phrase: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        self.added.push((phrase.into(), kind));
        self
    }

    /// The kind of the phrases that `text` contains; `None` when it contains none.
    #[inline]
    pub fn classify(&self, text: &str) -> Option<Kind> {
        let text = normalize(text);
        let added = self.added.iter().map(|(phrase, kind)| (&**phrase, *kind));
        let builtin: &[_] = if self.builtin { &BUILTIN } else { &[] };
        most_cautious(added, &text).or_else(|| most_cautious(builtin.iter().copied(), &text))
    }
}

fn most_cautious<'a>(phrases: impl Iterator<Item = (&'a str, Kind)>, text: &str) -> Option<Kind> {
    phrases.filter(|(phrase, _)| occurs(&normalize(phrase), text)).map(|(_, kind)| kind).max()
}

/// The text in lower case, trimmed, with one space for each run of white space and hyphens.
#[inline]
fn normalize(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty())
    {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(word.chars().flat_map(char::to_lowercase));
    }
    normal
}

/// Whether `text` contains `phrase` as whole words; both are normalized.
///
/// The search is that of Knuth, Morris and Pratt ("Fast Pattern Matching in Strings", 1977): linear in both lengths also
/// where a phrase begins at many places and is not a whole word at any of them.
#[inline]
fn occurs(phrase: &str, text: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let starts_with_word = is_word(phrase.chars().next());
    let ends_with_word = is_word(phrase.chars().next_back());
    occurrences(phrase.as_bytes(), text.as_bytes()).any(|start| {
        let end = start + phrase.len();
        let cut_before = starts_with_word && is_word(text[..start].chars().next_back());
        let cut_after = ends_with_word && is_word(text[end..].chars().next());
        !cut_before && !cut_after
    })
}

/// Where the phrase begins in the text, overlaps included; nowhere for an empty phrase.
#[inline]
fn occurrences(phrase: &[u8], text: &[u8]) -> impl Iterator<Item = usize> {
    let borders = borders(phrase);
    let mut matched = 0;
    text.iter().enumerate().filter_map(move |(at, byte)| {
        if phrase.is_empty() {
            return None;
        }
        matched = longer(phrase, &borders, matched, *byte);
        let found = matched == phrase.len();
        if found {
            matched = borders[matched - 1];
        }
        found.then(|| at + 1 - phrase.len())
    })
}

/// For each beginning of the phrase, the length of its longest proper beginning that is also its end.
#[inline]
fn borders(phrase: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; phrase.len()];
    for at in 1..phrase.len() {
        borders[at] = longer(phrase, &borders, borders[at - 1], phrase[at]);
    }
    borders
}

/// The length of the match after one more byte.
#[inline]
fn longer(phrase: &[u8], borders: &[usize], mut matched: usize, byte: u8) -> usize {
    loop {
        count_step();
        if phrase.get(matched) == Some(&byte) {
            return matched + 1;
        }
        if matched == 0 {
            return 0;
        }
        matched = borders[matched - 1];
    }
}

/// Counts comparisons of bytes, for the test of their number.
#[inline]
fn count_step() {
    #[cfg(test)]
    tests::STEPS.with(|steps| steps.set(steps.get() + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    std::thread_local! {
        pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[test]
    fn a_self_similar_phrase_costs_linear_time() {
        for (phrase, text) in [
            ("a".repeat(2_000), "a".repeat(20_000)),
            ("a ".repeat(1_000), "a ".repeat(10_000) + "b"),
            ("ab".repeat(1_000) + "c", "ab".repeat(10_000)),
            ("a".repeat(2_000) + "b", "a".repeat(20_000)),
        ] {
            STEPS.set(0);
            let patterns = Patterns::new().with(phrase.clone() + "a", Kind::Transient);
            let _ = patterns.classify(&text);
            let (steps, length) = (STEPS.get(), phrase.len() + text.len());
            assert!(steps <= 2 * length + 4, "{steps} steps for {length} bytes");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_phrase_occurs_where_a_plain_search_finds_it(
            phrase in "[ab é]{1,4}", text in "[ab é]{0,24}",
        ) {
            let (phrase, text) = (normalize(&phrase), normalize(&text));
            let found: Vec<_> = occurrences(phrase.as_bytes(), text.as_bytes()).collect();
            let windows = text.as_bytes().windows(phrase.len().max(1)).enumerate();
            let plain: Vec<_> =
                windows.filter(|(_, part)| *part == phrase.as_bytes()).map(|(at, _)| at).collect();
            proptest::prop_assert_eq!(found, plain);
        }
    }

    fn check(text: &str, kind: impl Into<Option<Kind>>) {
        assert_eq!(Patterns::builtin().classify(text), kind.into(), "{text:?}");
    }

    #[test]
    fn every_builtin_phrase_is_found_in_any_case() {
        for (phrase, kind) in BUILTIN {
            check(phrase, kind);
            check(&phrase.to_uppercase(), kind);
            check(&format!("error: {phrase}, sorry"), kind);
        }
    }

    #[test]
    fn only_whole_words_count() {
        check("timeout", Kind::Ambiguous);
        check("(timeout)", Kind::Ambiguous);
        check("read:timeout.", Kind::Ambiguous);
        check("timeouts", None);
        check("notimeout", None);
        check("timeout_ms must be positive", None);
        check("timeouts and then a timeout", Kind::Ambiguous);
        check("étimeout", None);
    }

    #[test]
    fn spaces_line_breaks_and_hyphens_are_alike() {
        check("rate-limit exceeded", Kind::Throttled);
        check("too  many\nrequests", Kind::Throttled);
        check("deadline\texceeded", Kind::Ambiguous);
        check("connection: refused", None);
    }

    #[test]
    fn the_most_cautious_kind_wins() {
        check("connect to a timed out: connection refused", Kind::Ambiguous);
        check("connection refused: rate limit", Kind::Throttled);
    }

    #[test]
    fn added_phrases_win_over_builtin_ones() {
        let patterns = Patterns::builtin().with("connect timeout", Kind::Transient);
        assert_eq!(patterns.classify("connect timeout"), Some(Kind::Transient));
        assert_eq!(patterns.classify("read timeout"), Some(Kind::Ambiguous));
    }

    #[test]
    fn among_added_phrases_the_most_cautious_kind_wins() {
        let patterns = Patterns::new().with("busy", Kind::Transient).with("gone", Kind::Permanent);
        assert_eq!(patterns.classify("busy, then gone"), Some(Kind::Permanent));
    }

    #[test]
    fn phrases_of_other_characters_and_scripts_are_found() {
        let patterns = Patterns::new()
            .with("(429)", Kind::Throttled)
            .with("ÜBERLASTET", Kind::Overloaded)
            .with("aba", Kind::Transient);
        assert_eq!(patterns.classify("status(429)!"), Some(Kind::Throttled));
        assert_eq!(patterns.classify("Server überlastet"), Some(Kind::Overloaded));
        assert_eq!(patterns.classify("ababa aba"), Some(Kind::Transient));
    }

    #[test]
    fn an_empty_phrase_never_occurs() {
        let patterns = Patterns::new().with("", Kind::Transient).with(" - ", Kind::Transient);
        assert_eq!(patterns.classify(""), None);
        assert_eq!(patterns.classify("anything - at all"), None);
    }

    #[test]
    fn an_unknown_text_is_permanent() {
        assert_eq!(of_message("no such account"), Class::new(Kind::Permanent));
        assert_eq!(of_message(""), Class::new(Kind::Permanent));
    }
}
