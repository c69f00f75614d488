//! The rule that the annotated item is a function.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::errors::Mistake;

/// The words that can precede `fn`.
const QUALIFIERS: [&str; 7] = ["pub", "default", "const", "async", "unsafe", "safe", "extern"];

/// The words that begin an item, if the item is no function.
const ITEMS: [&str; 10] =
    ["impl", "trait", "struct", "enum", "union", "mod", "type", "static", "use", "macro_rules"];

/// Checks that the item is a function. This rule comes first, since the other rules need a signature.
pub(crate) fn only_functions_are_retried(item: &TokenStream) -> syn::Result<()> {
    let Err((found, name)) = function(item) else { return Ok(()) };
    let (article, help) = match name.as_str() {
        "impl" | "trait" => ("a whole", "put it on each method to retry"),
        "mod" | "extern" => ("a whole", "put it on each function to retry"),
        "enum" | "extern crate" => ("an", FUNCTION),
        "expression" | "async block" => ("an", CODE),
        "let" => ("a", CODE),
        "closure" => (
            "a",
            "give the code a name as a `fn`, or retry the closure with `Policy::call` or `Policy::call_async`",
        ),
        _ => ("a", FUNCTION),
    };
    Err(found.mistake(format!(
        "`#[retryable]` retries a function, not {article} `{name}`\nhelp: {help}"
    )))
}

const FUNCTION: &str = "put it on a `fn` or an `async fn`";

const CODE: &str = "give the code a name as a `fn`, or retry it as a closure with `Policy::call` or `Policy::call_async`";

/// Returns the word that shows that the item is no function, and the name for such an item.
fn function(item: &TokenStream) -> Result<(), (TokenTree, String)> {
    let mut qualifier: Option<Ident> = None;
    for token in item.clone() {
        match &token {
            TokenTree::Ident(word) if word == "fn" => return Ok(()),
            TokenTree::Ident(word) if QUALIFIERS.iter().any(|it| word == it) => {
                qualifier = Some(word.clone());
            }
            TokenTree::Ident(word) if ITEMS.iter().any(|it| word == it) => {
                let name = word.to_string();
                return Err((token, name));
            }
            TokenTree::Punct(bar) if bar.as_char() == '|' => {
                return Err((token, "closure".to_owned()));
            }
            TokenTree::Ident(word) if *word == "let" => return Err((token, "let".to_owned())),
            TokenTree::Ident(word) if *word == "crate" && qualifier.is_some() => {
                return Err((token, "extern crate".to_owned()));
            }
            // Any other word is the name of a constant, or is unknown.
            TokenTree::Ident(word) if *word != "move" => break,
            _ => {}
        }
    }
    if let Some(first) = expression(item) {
        let is_async = matches!(&first, TokenTree::Ident(word) if word == "async");
        let name = if is_async { "async block" } else { "expression" };
        return Err((first, name.to_owned()));
    }
    match qualifier {
        Some(word) if word == "const" || word == "extern" => {
            let name = word.to_string();
            Err((word.into(), name))
        }
        _ => Ok(()),
    }
}

/// Returns the first token if the tokens are an expression, such as the statement `charge(order)`, and no item.
fn expression(item: &TokenStream) -> Option<TokenTree> {
    let is_fn = |token: TokenTree| matches!(&token, TokenTree::Ident(word) if word == "fn");
    let mut tokens = item.clone().into_iter();
    let first = tokens.next()?;
    if is_block(item) {
        return Some(first);
    }
    let begins_an_item = match &first {
        TokenTree::Ident(word) => {
            QUALIFIERS.iter().chain(&ITEMS).any(|it| word == it) || word == "let"
        }
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() == Delimiter::None,
        TokenTree::Literal(_) => false,
    };
    let is_macro = matches!(tokens.next(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!');
    (!begins_an_item && !is_macro && !item.clone().into_iter().any(is_fn)).then_some(first)
}

/// Whether the tokens are a block with a word before it: `async move { charge(order).await }`, `unsafe { charge(order) }`.
fn is_block(item: &TokenStream) -> bool {
    const WORDS: [&str; 4] = ["async", "move", "unsafe", "const"];
    let mut rest = item.clone().into_iter().skip_while(
        |token| matches!(token, TokenTree::Ident(word) if WORDS.iter().any(|it| word == it)),
    );
    let begins = matches!(item.clone().into_iter().next(), Some(TokenTree::Ident(_)));
    let is_brace = matches!(rest.next(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace);
    begins && is_brace
}

/// Whether the item is an expression, which must not stand beside other items.
pub(crate) fn is_expression(item: &TokenStream) -> bool {
    expression(item).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn functions_are_known_behind_all_that_may_precede_them() {
        for item in [
            quote!(
                fn f() {}
            ),
            quote!(
                #[inline]
                pub(crate) const unsafe extern "C" fn f() {}
            ),
            quote!(default async fn f() {}),
            quote!(
                async fn f() -> fn(u8) {}
            ),
        ] {
            assert!(function(&item).is_ok(), "{item}");
        }
    }

    #[test]
    fn other_items_are_called_by_their_names() {
        for (item, name) in [
            (
                quote!(
                    unsafe impl Send for X {}
                ),
                "impl",
            ),
            (
                quote!(
                    type F = fn();
                ),
                "type",
            ),
            (
                quote!(
                    pub const F: fn() = f;
                ),
                "const",
            ),
            (
                quote!(
                    static F: fn() = f;
                ),
                "static",
            ),
            (
                quote!(
                    unsafe extern "C" {
                        fn f();
                    }
                ),
                "extern",
            ),
            (quote!(async move |x| x), "closure"),
            (quote!(|| 3), "closure"),
            (quote!(let f = 3;), "let"),
            (quote!(charge(3)), "expression"),
            (quote!({ charge(3) }), "expression"),
            (quote!(async { charge(3) }), "async block"),
            (quote!(async move { charge(3) }), "async block"),
            (quote!(unsafe { charge(3) }), "expression"),
            (
                quote!(
                    extern crate std as s;
                ),
                "extern crate",
            ),
        ] {
            assert_eq!(function(&item).unwrap_err().1, name, "{item}");
        }
    }
}
