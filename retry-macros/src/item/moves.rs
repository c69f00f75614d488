//! Finds the first place where code moves the whole of a variable whose type is not `Copy`.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::item::tokens::{is_punct, uses};

/// The variable, and which of its uses move it.
pub(crate) struct Moving<'a> {
    pub(crate) name: &'a Ident,
    /// Whether a call of the variable moves it.
    pub(crate) is_called_once: bool,
    /// Whether a method `into_…` may be one of another type, to which the variable dereferences.
    pub(crate) is_pointer: bool,
    /// Whether the variable is an `Option`, whose methods take it.
    pub(crate) is_option: bool,
}

/// Finds the first move that the tokens prove. Calls of macros are not read: a macro may do anything with its tokens.
pub(crate) fn first_move(tokens: &TokenStream, moving: &Moving<'_>) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    (0..tokens.len()).find_map(|at| match &tokens[at] {
        TokenTree::Ident(word) if word == "move" => captured(&tokens, at, moving),
        TokenTree::Ident(word) if word == moving.name => {
            moves(&tokens, at, moving).then(|| word.span())
        }
        TokenTree::Group(group) => {
            let before = at.checked_sub(1).map(|at| &tokens[at]);
            if is_punct(before, "!#") {
                return None;
            }
            let takes = takes_its_parts(before, group.delimiter());
            let part = takes.then(|| whole_part(group.stream(), group.delimiter(), before, moving));
            part.flatten().or_else(|| first_move(&group.stream(), moving))
        }
        _ => None,
    })
}

/// A `move` closure or an `async move` block that uses the variable.
fn captured(tokens: &[TokenTree], at: usize, moving: &Moving<'_>) -> Option<Span> {
    let code: TokenStream = match tokens.get(at + 1)? {
        TokenTree::Group(block) if block.delimiter() == Delimiter::Brace => block.stream(),
        // A closure ends with its statement or its argument; its parameters are between bars.
        bar if is_punct(Some(bar), "|") => {
            let bars = tokens[at + 2..].iter().position(|token| is_punct(Some(token), "|"))?;
            let code = tokens[at + 3 + bars..].iter();
            code.take_while(|token| !is_punct(Some(token), ",;")).cloned().collect()
        }
        _ => return None,
    };
    uses(&code, moving.name).then(|| used_at(&code, moving.name)).flatten()
}

/// The place of the first use.
fn used_at(tokens: &TokenStream, name: &Ident) -> Option<Span> {
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == *name => Some(ident.span()),
        TokenTree::Group(group) => used_at(&group.stream(), name),
        TokenTree::Literal(text) if text.to_string().contains(&format!("{{{name}")) => {
            Some(text.span())
        }
        _ => None,
    })
}

/// Whether the variable moves where its name stands, as far as the tokens around the name tell.
fn moves(tokens: &[TokenTree], at: usize, moving: &Moving<'_>) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
    let after = |by: usize| tokens.get(at + by);
    let is_word = |token: Option<&TokenTree>, words: &[&str]| matches!(token, Some(TokenTree::Ident(word)) if words.iter().any(|known| word == known));
    let is_group = |token: Option<&TokenTree>, delimiter| matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
    if is_punct(before(1), ".&:'") {
        return false;
    }
    if is_punct(after(1), ".") {
        let TokenTree::Ident(method) = (match after(2) {
            Some(method) => method,
            None => return false,
        }) else {
            return false;
        };
        let method = method.to_string();
        let is_called = is_group(after(3), Delimiter::Parenthesis);
        return method == "await"
            || is_called
                && !moving.is_pointer
                && (method.starts_with("into_") || method == "into")
            || is_called && moving.is_option && TAKE.contains(&&*method);
    }
    if is_group(after(1), Delimiter::Parenthesis) {
        return moving.is_called_once;
    }
    let ends = after(1).is_none() || is_punct(after(1), ";");
    let is_bound = is_punct(before(1), "=")
        && matches!(before(2), Some(TokenTree::Ident(_)))
        // `let _ = value;` moves nothing.
        && !is_word(before(2), &["_"])
        && !is_word(before(3), &["ref"]);
    is_word(before(1), &["in"]) && is_group(after(1), Delimiter::Brace)
        || is_word(before(1), &["return"]) && ends
        || is_bound && is_punct(after(1), ";")
}

/// Methods of `Option` that take it.
const TAKE: [&str; 9] = [
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "map",
    "and_then",
    "ok_or",
    "ok_or_else",
];

/// Whether the parts of the group are values that move into a call, a struct, a tuple or an array.
fn takes_its_parts(before: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    const WORDS: [&str; 10] =
        ["if", "while", "match", "in", "let", "for", "loop", "unsafe", "async", "move"];
    let word = match before {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    };
    match delimiter {
        Delimiter::Parenthesis => !word.is_some_and(|word| WORDS.contains(&&*word)),
        Delimiter::Brace => word.is_some_and(|word| word.starts_with(char::is_uppercase)),
        _ => false,
    }
}

/// The place of a part that is the variable alone. A single value in parentheses that follow nothing is only grouped.
fn whole_part(
    tokens: TokenStream,
    delimiter: Delimiter,
    before: Option<&TokenTree>,
    moving: &Moving<'_>,
) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let parts: Vec<&[TokenTree]> = tokens.split(|token| is_punct(Some(token), ",")).collect();
    let is_call = match before {
        Some(TokenTree::Ident(word)) => *word != "return" && *word != "else",
        Some(TokenTree::Group(_)) => true,
        before => is_punct(before, ">?"),
    };
    if delimiter == Delimiter::Parenthesis && !is_call && parts.len() < 2 {
        return None;
    }
    parts.into_iter().find_map(|part| match part {
        [TokenTree::Ident(word)] if word == moving.name => Some(word.span()),
        [.., colon, TokenTree::Ident(word)]
            if delimiter == Delimiter::Brace && is_punct(Some(colon), ":") && part.len() == 3 =>
        {
            (word == moving.name).then(|| word.span())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;

    fn moved(tokens: TokenStream) -> bool {
        let moving = Moving {
            name: &format_ident!("a"),
            is_called_once: false,
            is_pointer: false,
            is_option: false,
        };
        first_move(&tokens, &moving).is_some()
    }

    #[test]
    fn a_variable_that_is_handed_on_as_a_whole_moves() {
        for tokens in [
            quote!(drop(a)),
            quote!(Ok(a)),
            quote!(client.send(1, a).await),
            quote!(send::<String>(a)),
            quote!(let b = a;),
            quote!(Order { a, id: 1 }),
            quote!(Order { name: a }),
            quote!(return a;),
            quote!(for c in a {
                c.run()
            }),
            quote!(a.into_iter().sum()),
            quote!(spawn(move || a.len())),
            quote!(spawn(async move { a.len() })),
            quote!(spawn(async move { println!("{a}") })),
            quote!(if b {
                f((a, 1))
            }),
            quote!(a.await),
        ] {
            assert!(moved(tokens.clone()), "{tokens}");
        }
    }

    #[test]
    fn a_variable_that_is_borrowed_stays() {
        for tokens in [
            quote!(f(&a)),
            quote!(f(a.len())),
            quote!(a.push(1)),
            quote!(println!("{}", a)),
            quote!(if a == b {
                1
            }),
            quote!(let b = a.clone(); spawn(move || b.len())),
            quote!(for c in &a {
                c.run()
            }),
            quote!(for c in a.iter() {
                c.run()
            }),
            quote!(b.a),
            quote!(match (a) {
                _ => 1,
            }),
            quote!(a[0]),
            quote!(f(*a)),
            quote!(b == a),
            quote!(let _ = a;),
            quote!(spawn(move || 1, a.len())),
        ] {
            assert!(!moved(tokens.clone()), "{tokens}");
        }
    }
}
