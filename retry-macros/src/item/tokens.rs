//! Searches in tokens, and small changes to them.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::Expr;

/// The variable, if the expression is one.
pub(crate) fn variable(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
}

/// Whether an identifier or a literal occurs in the tokens.
pub(crate) fn mentions(tokens: &TokenStream, mark: &str) -> bool {
    mentions_one(tokens, &[mark])
}

/// Whether one of these identifiers and literals occurs in the tokens. One pass for all of them: each token is asked of
/// rustc, by a macro that is compiled without optimisation.
pub(crate) fn mentions_one(tokens: &TokenStream, marks: &[&str]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => marks.iter().any(|mark| ident == mark),
        TokenTree::Literal(literal) => marks.contains(&literal.to_string().as_str()),
        TokenTree::Group(group) => mentions_one(&group.stream(), marks),
        TokenTree::Punct(_) => false,
    })
}

/// Finds the first of the words that is no field, no method and no later segment of a path, and that no closure in the
/// tokens binds.
pub(crate) fn first_of(tokens: TokenStream, words: &[String]) -> Option<Ident> {
    let found = first_named(tokens.clone(), words)?;
    if !binds_in_a_pattern(&tokens, &found) {
        return Some(found);
    }
    let others: Vec<String> = words.iter().filter(|word| found != *word).cloned().collect();
    first_of(tokens, &others)
}

fn first_named(tokens: TokenStream, words: &[String]) -> Option<Ident> {
    let mut qualified = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Ident(ident) => {
                // `self::PATH` starts at a module.
                let module = ident == "self" && is_punct(tokens.peek(), ":");
                let named = !qualified && !module && words.iter().any(|word| ident == word);
                named.then(|| ident.clone())
            }
            TokenTree::Group(group) => first_named(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        if found.is_some() {
            return found;
        }
        qualified = is_punct(Some(&token), ".:");
    }
    None
}

/// Whether the tokens may use a variable, directly or as an inline argument of a format string.
pub(crate) fn uses(tokens: &TokenStream, name: &Ident) -> bool {
    let mut of_a_value = false;
    tokens.clone().into_iter().any(|token| {
        let found = match &token {
            TokenTree::Ident(ident) => !of_a_value && ident == name,
            TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
            TokenTree::Group(group) => uses(&group.stream(), name),
            TokenTree::Punct(_) => false,
        };
        of_a_value = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        found
    })
}

/// Finds a `return` that leaves the function, not just an inner function, a closure or an `async` block.
pub(crate) fn early_return(tokens: TokenStream) -> Option<Ident> {
    let (mut inside_of_another, mut before) = (false, None::<TokenTree>);
    tokens.into_iter().find_map(|token| {
        let previous = before.replace(token.clone());
        match token {
            TokenTree::Ident(word) if word == "return" => Some(word).filter(|_| !inside_of_another),
            TokenTree::Ident(word) => {
                inside_of_another |= word == "async" || word == "fn";
                None
            }
            TokenTree::Punct(punct) => {
                match punct.as_char() {
                    // A closure extends to the end of its statement or argument.
                    '|' if starts_an_expression(previous.as_ref()) => inside_of_another = true,
                    ';' | ',' => inside_of_another = false,
                    // After `=>` it is clear that the `|` was part of a pattern.
                    '>' if is_punct(previous.as_ref(), "=") => inside_of_another = false,
                    _ => {}
                }
                None
            }
            TokenTree::Group(group) => {
                let found = early_return(group.stream()).filter(|_| !inside_of_another);
                if group.delimiter() == Delimiter::Brace {
                    inside_of_another = false;
                }
                found
            }
            TokenTree::Literal(_) => None,
        }
    })
}

/// Whether an expression can begin after this token. There `|` opens a closure; elsewhere it means "or".
fn starts_an_expression(previous: Option<&TokenTree>) -> bool {
    const WORDS: [&str; 7] = ["move", "return", "async", "static", "else", "in", "break"];
    match previous {
        None => true,
        Some(TokenTree::Ident(word)) => WORDS.iter().any(|known| word == known),
        Some(TokenTree::Punct(_)) => is_punct(previous, ",;=>&:"),
        // A block ends a statement more often than it is an operand.
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Literal(_)) => false,
    }
}

/// Whether the token is one of these signs.
pub(crate) fn is_punct(token: Option<&TokenTree>, any_of: &str) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if any_of.contains(punct.as_char()))
}

/// Whether the name may stand in a pattern, so that it may mean another variable.
pub(crate) fn binds_in_a_pattern(tokens: &TokenStream, name: &Ident) -> bool {
    // The tokens that may be a pattern, if `=>`, `=`, `in` or `|` follows them.
    let (mut before, mut is_pattern) = (Vec::new(), false);
    let mut previous = None;
    for token in tokens.clone() {
        if let TokenTree::Group(group) = &token {
            if binds_in_a_pattern(&group.stream(), name) {
                return true;
            }
        }
        let is = |signs| is_punct(Some(&token), signs);
        let opens = matches!(&token, TokenTree::Ident(word) if word == "let" || word == "for");
        let ends = is("=|") || matches!(&token, TokenTree::Ident(word) if word == "in");
        let ends_an_arm = is(">") && is_punct(previous.as_ref(), "=");
        if (ends && is_pattern || ends_an_arm) && uses(&before.iter().cloned().collect(), name) {
            return true;
        }
        if opens || is("|;,") {
            // A `,` inside of a closure's parameters does not end them.
            is_pattern = opens || is("|") || is(",") && is_pattern;
            if !(is(",") && is_pattern) {
                before.clear();
            }
        } else if !ends {
            before.push(token.clone());
        }
        previous = Some(token);
    }
    false
}

/// Replaces `self` by another name.
pub(crate) fn renamed(tokens: TokenStream, this: &Ident) -> TokenStream {
    let rename = |token| match token {
        TokenTree::Ident(ident) if ident == "self" => TokenTree::Ident(this.clone()),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), renamed(group.stream(), this));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        token => token,
    };
    tokens.into_iter().map(rename).collect()
}

/// The statements of a block, without its braces; tokens that are no block are returned unchanged.
pub(crate) fn statements(block: TokenStream) -> TokenStream {
    let mut tokens = block.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => {
            group.stream()
        }
        _ => block,
    }
}

/// Whether an item, such as `use` or `fn`, may stand among the statements. A closure such as `const || { … }`
/// counts as one, too.
pub(crate) fn has_items(statements: &TokenStream) -> bool {
    const WORDS: [&str; 12] = [
        "use",
        "const",
        "fn",
        "struct",
        "enum",
        "static",
        "type",
        "mod",
        "impl",
        "trait",
        "union",
        "macro_rules",
    ];
    statements.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => WORDS.iter().any(|item| word == item),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use quote::quote;

    use super::*;

    #[test]
    fn a_return_leaves_the_function_unless_it_is_in_another_one() {
        let leaves = |tokens| early_return(tokens).is_some();
        assert!(leaves(quote!(if a {
            return b;
        })));
        assert!(leaves(quote!(let Some(a) = b else { return c };)));
        assert!(leaves(quote!(if a || b {
            return c;
        })));
        assert!(leaves(quote!(if let Some(1 | 2) | None = a {
            return b;
        })));
        assert!(!leaves(quote!(let f = move || { return a };)));
        assert!(leaves(quote!(match a {
            A | B => {
                return c;
            }
        })));
        assert!(!leaves(quote!(let a = async move { return b };)));
        assert!(!leaves(quote!(let a = |b| { if b { return c } d };)));
        assert!(!leaves(quote!(
            fn a() -> u8 {
                return 1;
            }
        )));
    }

    #[test]
    fn a_variable_is_told_from_a_field_and_found_in_a_format_string() {
        let name = Ident::new("name", Span::call_site());
        assert!(uses(&quote!(f(&name)), &name));
        assert!(uses(&quote!(format!("{name:?}")), &name));
        assert!(!uses(&quote!(a.name + b.name()), &name));
    }

    #[test]
    fn a_name_in_a_pattern_is_told_from_a_use() {
        let name = Ident::new("key", Span::call_site());
        let binds = |tokens| binds_in_a_pattern(&tokens, &name);
        assert!(binds(quote!(async move {
            let key = a;
            f(key)
        })));
        assert!(binds(quote!(async move {
            let (_, key): (u8, u8) = a;
            f(key)
        })));
        assert!(binds(quote!(if let Some(key) = a {
            f(key)
        })));
        assert!(binds(quote!(match a {
            Some(key) => f(key),
            None => g(),
        })));
        assert!(binds(quote!(match a {
            None => g(),
            Some(ref key) if h => f(key),
        })));
        assert!(binds(quote!(for key in keys {
            f(key)
        })));
        assert!(binds(quote!(f(|key| g(key)))));
        assert!(binds(quote!(f(move |a, key| g(key)))));
        assert!(!binds(quote!(timeout(limit, async move { io(&key, 1).await }))));
        assert!(!binds(quote!(timeout(key.limit, async move {
            let a = io(&key);
            a.await
        }))));
        assert!(!binds(quote!(match a {
            Some(_) => f(key),
            None => g(&key),
        })));
    }
}
