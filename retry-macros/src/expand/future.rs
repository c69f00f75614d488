//! Functions that return a future: the last expression is the attempt.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprAsync, Pat, Stmt, Type, parse_quote};

use crate::errors::Mistake;
use crate::expand::plan::{Attempt, Plan};
use crate::item::outputs::Boxing;
use crate::item::tokens::{early_return, variable};

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
        let body = self.awaited(&tail, boxing);
        let call = self.call(Attempt { body, output, is_async: true, setup: setup.clone() });
        let future = match boxing {
            // The call of `future` keeps clippy from proposing an `async fn`.
            Boxing::Plain => quote!(#private::future(async move { #call })),
            Boxing::Pinned => quote!(#private::Box::pin(async move { #call })),
        };
        Ok(quote!(#setup #future))
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

fn tokens(stmts: &[Stmt]) -> TokenStream {
    quote!(#(#stmts)*)
}

// Input:
//     return FUTURE;
// Output:
//     FUTURE
fn ends_in_an_expression(block: &mut Block) {
    let tail = match block.stmts.pop() {
        Some(Stmt::Expr(Expr::Return(returned), _)) if returned.expr.is_some() => {
            returned.expr.map(|tail| Stmt::Expr(*tail, None))
        }
        Some(Stmt::Macro(call)) if call.semi_token.is_none() => {
            let (attrs, mac) = (call.attrs, call.mac);
            Some(Stmt::Expr(Expr::Macro(syn::ExprMacro { attrs, mac }), None))
        }
        other => other,
    };
    block.stmts.extend(tail);
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

/// The expression inside boxing, casts and methods that do not change the output of a future.
fn root(mut expr: &mut Expr) -> &mut Expr {
    while is_wrapped(expr) {
        expr = match expr {
            Expr::Call(call) => &mut call.args[0],
            Expr::MethodCall(call) => &mut call.receiver,
            Expr::Cast(cast) => &mut cast.expr,
            Expr::Paren(paren) => &mut paren.expr,
            Expr::Group(group) => &mut group.expr,
            _ => unreachable!("`is_wrapped` names no other expression"),
        };
    }
    expr
}

fn is_wrapped(expr: &Expr) -> bool {
    const METHODS: [&str; 5] = ["boxed", "boxed_local", "instrument", "in_current_span", "fuse"];
    match expr {
        Expr::Call(call) => call.args.len() == 1 && pins(&call.func),
        Expr::MethodCall(call) => METHODS.iter().any(|method| call.method == method),
        Expr::Cast(_) | Expr::Paren(_) | Expr::Group(_) => true,
        _ => false,
    }
}

/// Whether the function is `Box::pin` or `Box::new`.
fn pins(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut segments = path.path.segments.iter().rev();
    let (last, before) = (segments.next(), segments.next());
    last.is_some_and(|last| last.ident == "pin" || last.ident == "new")
        && before.is_some_and(|before| before.ident == "Box")
}

/// Whether the statement binds the variable.
fn binds(stmt: &Stmt, name: &Ident) -> bool {
    let Stmt::Local(local) = stmt else { return false };
    match &local.pat {
        Pat::Ident(ident) => ident.ident == *name,
        Pat::Type(typed) => matches!(&*typed.pat, Pat::Ident(ident) if ident.ident == *name),
        _ => false,
    }
}
