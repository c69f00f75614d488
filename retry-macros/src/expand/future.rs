//! Functions that return a future: the last expression is the attempt.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprAsync, Stmt, Type, parse_quote};

use crate::errors::Mistake;
use crate::expand::owned::{Owned, locals};
use crate::expand::plan::{Attempt, Plan};
use crate::item::outputs::Boxing;
use crate::item::tail::{binds, each_leaf, ends_in_an_expression, root, start_of_chain, unboxed};
use crate::item::tokens::{early_return, statements, uses, variable};

impl Plan<'_> {
    // Input:
    //     fn f(…) -> impl Future<Output = R> { SETUP; async move { BODY } }
    // Output:
    //     fn f(…) -> impl Future<Output = R> { SETUP; async move { CALL } }
    //
    // Input:
    //     fn f(…) -> impl Future<Output = R> { SETUP; FUTURE }
    // Output:
    //     fn f(…) -> impl Future<Output = R> { SETUP; async move { CALL with { FUTURE.await } } }
    pub(crate) fn returned_future(
        &self,
        body: TokenStream,
        output: Type,
        boxing: Boxing,
    ) -> syn::Result<TokenStream> {
        let mut block: Block = syn::parse2(body)?;
        ends_in_an_expression(&mut block);
        let stmts = &mut block.stmts;
        stays_until_the_end(stmts)?;
        if let Some(at) = attempt(stmts).map(|(at, _)| at) {
            let setup = tokens(&stmts[..at]);
            if let Some((_, future)) = attempt(stmts) {
                let body = future.block.to_token_stream();
                let call = self.call(Attempt { body, output, is_async: true, setup });
                future.block.stmts = vec![Stmt::Expr(Expr::Verbatim(call), None)];
            }
            return Ok(tokens(stmts));
        }
        makes_the_future_at_the_end(stmts)?;
        let Some(Stmt::Expr(tail, None)) = stmts.pop() else {
            return Err(syn::Error::new(
                self.function.body.span_close(),
                "the last expression of a function that returns a future must be that future: it is the attempt\n\
                 help: end the body with `async move { … }`",
            ));
        };
        let (setup, private) = (tokens(stmts), &self.private);
        let owned = Owned { arguments: self.owned_arguments(), locals: locals(stmts) };
        let body = self.attempt_of(tail, boxing, &owned);
        let call = self.call(Attempt { body, output, is_async: true, setup: setup.clone() });
        let future = match boxing {
            // The call of `future` keeps clippy from proposing an `async fn`.
            Boxing::Plain => quote!(#private::future(async move { #call })),
            Boxing::Pinned => quote!(#private::Box::pin(async move { #call })),
        };
        Ok(quote!(#setup #future))
    }

    /// The attempt that awaits the future.
    ///
    /// An `async move` block owns the variables that it uses, and the second attempt would find them moved. Such
    /// a block becomes part of the attempt, or a block that borrows, where the attempt awaits it in its place.
    fn attempt_of(&self, mut tail: Expr, boxing: Boxing, owned: &Owned) -> TokenStream {
        let moved = owned.refused(&tail);
        let attempt = self.borrowing(&mut tail, boxing, owned);
        if moved.is_empty() {
            return attempt;
        }
        let attempt = statements(attempt);
        quote_spanned!(tail.span()=> { #moved #attempt })
    }

    fn borrowing(&self, tail: &mut Expr, boxing: Boxing, owned: &Owned) -> TokenStream {
        if !owned.is_moved_at_the_end(tail) {
            return self.awaited(tail, boxing);
        }
        match boxing {
            // Input:
            //     if a { Box::pin(async move { BODY }) } else { async move { OTHER }.map(f).boxed() }
            // Output:
            //     { if a { { BODY } } else { (async { OTHER }.map(f)).await } }
            Boxing::Pinned => {
                each_leaf(tail, &mut |leaf| {
                    let inside = unboxed(leaf);
                    let tokens = if let Expr::Async(future) = inside {
                        generated(&future.block)
                    } else if never_returns(inside) {
                        return;
                    } else if self.borrows(inside, owned) {
                        quote!({ (#inside).await })
                    } else {
                        self.awaited(leaf, boxing)
                    };
                    *leaf = Expr::Verbatim(tokens);
                });
                quote_spanned!(tail.span()=> { #tail })
            }
            // Input:
            //     async move { BODY }.map(f)
            // Output:
            //     { (async { BODY }.map(f)).await }
            Boxing::Plain => {
                self.borrows(tail, owned);
                self.awaited(tail, boxing)
            }
        }
    }

    /// Lets the `async move` block at the start of a chain of methods borrow: `async move { … }.map(f)`.
    fn borrows(&self, chain: &mut Expr, owned: &Owned) -> bool {
        let Some(future) = start_of_chain(chain) else { return false };
        let body = std::mem::take(&mut future.block.stmts);
        future.capture = None;
        let rest = chain.to_token_stream();
        let Some(future) = start_of_chain(chain) else { return false };
        let (private, body) = (&self.private, tokens(&body));
        let names = owned.names().filter(|name| uses(&body, name) && !uses(&rest, name));
        // The block is `Send` if its arguments are: see `unique_captures`.
        let edge = quote! {
            #[allow(unknown_lints, unreachable_code, clippy::all, clippy::pedantic, clippy::restriction)]
            if false { return #private::absent(); #(let _ = &mut #names;)* }
        };
        future.block.stmts = vec![Stmt::Expr(Expr::Verbatim(quote!(#edge #body)), None)];
        true
    }

    /// A block that awaits the future. A boxed future gets a type, so that the arms of an `if` or a `match`
    /// coerce as they do at the end of a function.
    fn awaited(&self, future: &Expr, boxing: Boxing) -> TokenStream {
        let declared = self.function.output().filter(|_| boxing == Boxing::Pinned);
        match declared {
            Some(ty) => {
                let name = Ident::new("future", Span::mixed_site());
                quote_spanned!(future.span()=> { let #name: #ty = #future; #name.await })
            }
            None => quote_spanned!(future.span()=> { #future.await }),
        }
    }
}

/// The block with braces of generated code, for which rustc has no lints.
fn generated(block: &Block) -> TokenStream {
    let mut braced = Group::new(Delimiter::Brace, tokens(&block.stmts));
    braced.set_span(Span::mixed_site().located_at(block.span()));
    braced.into_token_stream()
}

/// Whether the expression is a macro that panics.
fn never_returns(expr: &Expr) -> bool {
    const NAMES: [&str; 4] = ["panic", "unreachable", "todo", "unimplemented"];
    let Expr::Macro(call) = expr else { return false };
    let last = call.mac.path.segments.last();
    last.is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

fn tokens(stmts: &[Stmt]) -> TokenStream {
    quote!(#(#stmts)*)
}

/// A `return` in a statement before the attempt is a mistake.
fn stays_until_the_end(stmts: &[Stmt]) -> syn::Result<()> {
    let setup = stmts.split_last().map_or(&[][..], |(_, setup)| setup);
    match early_return(tokens(setup)) {
        Some(word) => Err(word.mistake(
            "this `return` leaves without a retry: only the last expression of a function that returns a future \
             is the attempt\n\
             help: return inside the future, or end the body with `if … { … } else { … }`",
        )),
        None => Ok(()),
    }
}

// Input:
//     let future = CALL; future.boxed()
// Output:
//     { let future = CALL; future.boxed() }
fn makes_the_future_at_the_end(stmts: &mut Vec<Stmt>) -> syn::Result<()> {
    let Some(Stmt::Expr(tail, None)) = stmts.last_mut() else { return Ok(()) };
    let Some(name) = variable(root(tail)) else { return Ok(()) };
    let Some(at) = stmts.iter().rposition(|stmt| binds(stmt, &name)) else { return Ok(()) };
    if at + 2 < stmts.len() {
        return Err(name.mistake(format!(
            "`{name}` is created before the attempt, and a future can be awaited only once\n\
                 help: create the future in the last expression"
        )));
    }
    let last: Vec<Stmt> = stmts.drain(at..).collect();
    stmts.push(Stmt::Expr(parse_quote!({ #(#last)* }), None));
    Ok(())
}

/// Finds the `async` block that is the attempt, and the statement with the block: the last one, or the one
/// that binds the variable at the end.
fn attempt(stmts: &mut [Stmt]) -> Option<(usize, &mut ExprAsync)> {
    let last = stmts.len().checked_sub(1)?;
    let Stmt::Expr(tail, None) = &mut stmts[last] else { return None };
    let at = match variable(root(tail)) {
        Some(name) => stmts.iter().rposition(|stmt| binds(stmt, &name))?,
        None => last,
    };
    let expr = match &mut stmts[at] {
        Stmt::Expr(tail, None) => tail,
        Stmt::Local(local) => &mut *local.init.as_mut()?.expr,
        _ => return None,
    };
    match root(expr) {
        Expr::Async(future) => Some((at, future)),
        Expr::Block(block) if block.label.is_none() => {
            attempt(&mut block.block.stmts).map(|(_, future)| (at, future))
        }
        _ => None,
    }
}
