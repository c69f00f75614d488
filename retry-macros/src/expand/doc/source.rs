//! Values of an attribute as text: tokens, times, lists.

use quote::ToTokens;
use retry_text::duration::human;

use crate::read::time::Time;

/// A time as people read it, or the expression that computes it.
pub(super) fn written(time: &Time) -> String {
    match time.literal() {
        Some(duration) => human(duration),
        None => format!("`{}`", source(time)),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// Tokens with roughly the usual spaces and without backticks, at most 60 characters.
pub(super) fn source(tokens: impl ToTokens) -> String {
    const SPACING: [(&str, &str); 12] = [
        (" :: ", "::"),
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        ("& ", "&"),
        ("! ", "!"),
        (" !", "!"),
        (" : ", ": "),
        (" < ", "<"),
        (" > ", ">"),
    ];
    let text = tokens.to_token_stream().to_string().replace(['`', '\n'], " ");
    let text = SPACING.iter().fold(text, |text, (from, to)| text.replace(from, to));
    let text = closure(&text).unwrap_or(text);
    if text.chars().count() <= 60 {
        return text;
    }
    text.chars().take(59).chain(['…']).collect()
}

/// A closure without spaces between the bars and the parameter.
fn closure(text: &str) -> Option<String> {
    let (parameter, body) = text.strip_prefix('|')?.split_once('|')?;
    Some(format!("|{}| {}", parameter.trim(), body.trim()))
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::*;

    #[test]
    fn expressions_are_shown_as_they_are_usually_written() {
        let shown = |tokens: TokenStream| source(tokens);
        assert_eq!(shown(quote!(|e: &PayError| e.is_busy())), "|e: &PayError| e.is_busy()");
        assert_eq!(shown(quote!(|e| matches!(e, Pay::Busy))), "|e| matches!(e, Pay::Busy)");
        assert_eq!(shown(quote!(Self::fallback)), "Self::fallback");
    }

    #[test]
    fn the_last_item_of_a_list_follows_an_and() {
        let list =
            |items: &[&str]| listed(&items.iter().map(|it| it.to_string()).collect::<Vec<_>>());
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
