//! Bodies that another attribute has wrapped before ours was expanded: where the attempt is in them.
//!
//! An attribute that stands above `#[retryable]` hands it a body of its own making. Looping all of that
//! would repeat the wrapping: `#[tracing::instrument]` moves the arguments into an inner future, which can
//! be done once only. So the attempt is the code that the user wrote, inside of the wrapping.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Block, Expr, Local, Pat, Stmt, Type};

use crate::function::Function;

/// A wrapped body.
pub(crate) struct Seam {
    block: Block,
    wrapper: Wrapper,
    /// The attempt's type, when the wrapper has written it down.
    output: Option<Type>,
}

/// The wrappers that are known, by the name that they give to what they make.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    /// `let __ret: R = BODY;` in a boxed `async` block (async-trait).
    AsyncTrait,
    /// `let __tracing_instrument_future = async move BODY;` (tracing).
    Instrument,
    /// `(move || BODY)()` after `__tracing_attr_guard` (tracing, with `err` or `ret`).
    InstrumentBlocking,
    /// `let body = async BODY;` (`#[tokio::main]`, `#[tokio::test]`).
    Tokio,
}

const WRAPPERS: &[(Wrapper, &str)] = &[
    (Wrapper::AsyncTrait, "__ret"),
    (Wrapper::Instrument, "__tracing_instrument_future"),
    (Wrapper::InstrumentBlocking, "__tracing_attr_guard"),
    (Wrapper::Tokio, "block_on"),
];

/// Looks for a wrapper that is known.
pub(crate) fn find(function: &Function) -> Option<Seam> {
    let tokens = function.body.stream();
    WRAPPERS.iter().filter(|(_, mark)| mentions(&tokens, mark)).find_map(|(wrapper, _)| {
        if *wrapper == Wrapper::Tokio && function.sig.asyncness.is_some() {
            return None;
        }
        let mut block: Block = syn::parse2(function.body.to_token_stream()).ok()?;
        let output = match in_block(&mut block, *wrapper)? {
            Attempt::Initializer(_, ty) => Some(ty),
            Attempt::Future(_) | Attempt::Closure(_) => None,
        };
        Some(Seam { block, wrapper: *wrapper, output })
    })
}

impl Seam {
    pub(crate) fn is_async(&self) -> bool {
        self.wrapper != Wrapper::InstrumentBlocking
    }

    pub(crate) fn output(&self) -> Option<&Type> {
        self.output.as_ref()
    }

    /// The wrapped body with another attempt in place of the one that was found.
    pub(crate) fn with_attempt(
        mut self,
        attempt: impl FnOnce(TokenStream) -> TokenStream,
    ) -> TokenStream {
        match in_block(&mut self.block, self.wrapper) {
            // Input:
            //     let __ret: R = { BODY };
            // Output:
            //     let __ret: R = ATTEMPT;
            Some(Attempt::Initializer(body, _)) => {
                *body = Expr::Verbatim(attempt(body.to_token_stream()))
            }
            // Input:
            //     async move { BODY }
            // Output:
            //     async move { ATTEMPT }
            Some(Attempt::Future(future)) => {
                let body = attempt(future.block.to_token_stream());
                future.block.stmts = vec![Stmt::Expr(Expr::Verbatim(body), None)];
            }
            // Input:
            //     (move || { BODY })()
            // Output:
            //     (move || ATTEMPT)()
            Some(Attempt::Closure(closure)) => {
                let body = attempt(closure.body.to_token_stream());
                *closure.body = Expr::Verbatim(quote!({ #body }));
            }
            None => {}
        }
        self.block.to_token_stream()
    }
}

/// The attempt in a wrapped body.
enum Attempt<'a> {
    Initializer(&'a mut Expr, Type),
    Future(&'a mut syn::ExprAsync),
    Closure(&'a mut syn::ExprClosure),
}

fn mentions(tokens: &TokenStream, mark: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == mark,
        TokenTree::Group(group) => mentions(&group.stream(), mark),
        _ => false,
    })
}

fn in_block(block: &mut Block, wrapper: Wrapper) -> Option<Attempt<'_>> {
    block.stmts.iter_mut().find_map(|stmt| match stmt {
        Stmt::Local(local) => in_local(local, wrapper),
        Stmt::Expr(expr, _) => in_expr(expr, wrapper),
        _ => None,
    })
}

fn in_local(local: &mut Local, wrapper: Wrapper) -> Option<Attempt<'_>> {
    let (name, ty) = match &local.pat {
        Pat::Ident(ident) => (ident.ident.to_string(), None),
        Pat::Type(typed) => match &*typed.pat {
            Pat::Ident(ident) => (ident.ident.to_string(), Some((*typed.ty).clone())),
            _ => return None,
        },
        _ => return None,
    };
    let init = &mut *local.init.as_mut()?.expr;
    match (wrapper, name.as_str(), ty) {
        (Wrapper::AsyncTrait, "__ret", Some(ty)) => Some(Attempt::Initializer(init, ty)),
        (Wrapper::Instrument, "__tracing_instrument_future", _) => {
            innermost(init).map(Attempt::Future)
        }
        (Wrapper::Tokio, "body", None) => match init {
            Expr::Async(future) => Some(Attempt::Future(future)),
            _ => None,
        },
        _ => in_expr(init, wrapper),
    }
}

fn in_expr(expr: &mut Expr, wrapper: Wrapper) -> Option<Attempt<'_>> {
    match expr {
        Expr::Call(call) => match (wrapper, &mut *call.func) {
            (Wrapper::InstrumentBlocking, Expr::Paren(paren)) => match &mut *paren.expr {
                Expr::Closure(closure) => Some(Attempt::Closure(closure)),
                _ => None,
            },
            _ => call.args.iter_mut().find_map(|argument| in_expr(argument, wrapper)),
        },
        Expr::MethodCall(call) => in_expr(&mut call.receiver, wrapper),
        Expr::Async(future) => in_block(&mut future.block, wrapper),
        Expr::Block(block) => in_block(&mut block.block, wrapper),
        Expr::Await(awaited) => in_expr(&mut awaited.base, wrapper),
        Expr::Match(matched) => in_expr(&mut matched.expr, wrapper),
        Expr::Paren(paren) => in_expr(&mut paren.expr, wrapper),
        Expr::Group(group) => in_expr(&mut group.expr, wrapper),
        _ => None,
    }
}

/// The block that the user wrote: with `err` or `ret` it is awaited inside of another one.
fn innermost(expr: &mut Expr) -> Option<&mut syn::ExprAsync> {
    let Expr::Async(future) = expr else { return None };
    let nested = future.block.stmts.iter().position(|stmt| match stmt {
        Stmt::Local(local) => local.init.as_ref().is_some_and(|init| awaits_block(&init.expr)),
        Stmt::Expr(Expr::Match(matched), _) => awaits_block(&matched.expr),
        _ => false,
    });
    let Some(nested) = nested else { return Some(future) };
    let awaited = match &mut future.block.stmts[nested] {
        Stmt::Local(local) => &mut *local.init.as_mut()?.expr,
        Stmt::Expr(Expr::Match(matched), _) => &mut *matched.expr,
        _ => return None,
    };
    match awaited {
        Expr::Await(awaited) => match &mut *awaited.base {
            Expr::Async(future) => Some(future),
            _ => None,
        },
        _ => None,
    }
}

fn awaits_block(expr: &Expr) -> bool {
    matches!(expr, Expr::Await(awaited) if matches!(&*awaited.base, Expr::Async(_)))
}
