//! The variables that an `async move` block at the end of a function takes from the attempt after it.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Pat, Stmt};

use crate::item::tail::{each_leaf, start_of_chain};
use crate::item::tokens::{binds_in_a_pattern, is_punct, uses};

/// The variables of a function that returns a future, as far as an `async move` block would own them.
pub(crate) struct Owned {
    pub(crate) arguments: Vec<Ident>,
    pub(crate) locals: Vec<Ident>,
}

/// The variables without `mut` that these statements bind.
pub(crate) fn locals(stmts: &[Stmt]) -> Vec<Ident> {
    let names = stmts.iter().filter_map(|stmt| {
        let Stmt::Local(local) = stmt else { return None };
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pat => pat,
        };
        match pat {
            Pat::Ident(it) if it.mutability.is_none() && it.by_ref.is_none() => {
                Some(it.ident.clone())
            }
            _ => None,
        }
    });
    names.collect()
}

impl Owned {
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        let locals = self.locals.iter().filter(|name| !self.arguments.contains(name));
        self.arguments.iter().chain(locals)
    }

    /// Whether an `async move` block that is the future, or the start of it, uses a variable that it would own.
    pub(crate) fn is_moved_at_the_end(&self, tail: &mut Expr) -> bool {
        let mut moves = false;
        each_leaf(tail, &mut |leaf| {
            let block = start_of_chain(leaf).filter(|future| future.capture.is_some());
            let body = block.map(|future| future.block.to_token_stream());
            moves |= body.is_some_and(|body| self.names().any(|name| uses(&body, name)));
        });
        moves
    }

    // Input:
    //     timeout(limit, async move { io(&key).await })
    // Output:
    //     if false { EachTime for the type of key, with an error that says `clone(key)` }
    //
    // Each attempt calls the function with a new block. Whether the variable is `Copy` is known to rustc only, whose
    // own error names neither the variable nor a remedy.
    pub(crate) fn refused(&self, tail: &Expr) -> TokenStream {
        let mut tail = tail.clone();
        // The blocks at the end become a part of the attempt.
        each_leaf(&mut tail, &mut |leaf| {
            if let Some(future) = start_of_chain(leaf) {
                future.block.stmts.clear();
            }
        });
        let tail = tail.to_token_stream();
        let names = self.names().filter(|name| !binds_in_a_pattern(&tail, name));
        names.filter_map(|name| Some(self.check(name, moved_at(&tail, name)?))).collect()
    }

    fn check(&self, name: &Ident, at: Span) -> TokenStream {
        let message =
            format!("the first attempt moves `{name}`, and the next attempt needs `{name}` again");
        let remedy = if self.locals.contains(name) || name == "self" {
            let copy = if name == "self" { "this" } else { &name.to_string() };
            format!(
                "clone it for each attempt: `{{ let {copy} = {name}.clone(); … }}` around the last expression"
            )
        } else {
            format!("write `clone({name})` in the attribute: each attempt then owns a clone")
        };
        let variable = Ident::new(&name.to_string(), name.span().located_at(at));
        let value = quote_spanned!(at=> &#variable);
        quote! {
            #[allow(unknown_lints, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            if false {
                #[diagnostic::on_unimplemented(message = #message, label = "moved by each attempt", note = #remedy)]
                trait EachTime {}
                #[diagnostic::do_not_recommend]
                impl<T: ::core::marker::Copy> EachTime for T {}
                fn each_time<T: EachTime>(_: &T) {}
                each_time(#value);
            }
        }
    }
}

/// The place where an `async move` block uses the whole variable. In an older edition, too, a field of the variable may
/// be `Copy`, so a use of a field is none.
fn moved_at(tokens: &TokenStream, name: &Ident) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    tokens.iter().enumerate().find_map(|(at, token)| {
        let TokenTree::Group(group) = token else { return None };
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let is_word = |token: Option<&TokenTree>, word: &str| {
            matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
        };
        if group.delimiter() == Delimiter::Brace
            && is_word(before(1), "move")
            && is_word(before(2), "async")
        {
            return used_at(group, name);
        }
        moved_at(&group.stream(), name)
    })
}

/// The place of a use of the whole variable.
fn used_at(group: &Group, name: &Ident) -> Option<Span> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Group(group) => used_at(group, name),
        TokenTree::Ident(ident) if ident == name => {
            let next = |by: usize| tokens.get(at + by);
            let is_part = is_punct(at.checked_sub(1).and_then(|at| tokens.get(at)), ".\':");
            let is_field = is_punct(next(1), ".")
                && !matches!(next(3), Some(TokenTree::Group(call)) if call.delimiter() == Delimiter::Parenthesis);
            let is_label = is_punct(next(1), ":=");
            (!is_part && !is_field && !is_label).then(|| ident.span())
        }
        _ => None,
    })
}
