//! Bodies that another attribute has wrapped before `#[retryable]` is expanded, and the attempt inside.
//!
//! An attribute above `#[retryable]` is expanded first and passes on a body that it has rewritten. A loop
//! around all of that body would repeat the wrapping, too: `#[tracing::instrument]` moves the arguments into
//! an inner future, which is possible only once. So the attempt is the user's code inside the wrapping.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote};
use syn::{Block, Expr, Ident, Local, LocalInit, Pat, Stmt, Type};

use crate::item::pattern::without_mut;
use crate::item::tokens::{mentions, mentions_one, variable};

/// A wrapped body.
pub(crate) struct Seam {
    block: Block,
    wrapper: Wrapper,
    /// The type of the attempt, if the wrapper names it.
    pub(crate) output: Option<Type>,
    /// The arguments that the wrapper has moved into its future.
    pub(crate) moved: Vec<Moved>,
}

/// `let PATTERN = ARGUMENT;`: a pattern that the wrapper has moved from the signature into the body.
pub(crate) struct Moved {
    pub(crate) pat: Pat,
    pub(crate) argument: Ident,
}

/// The known wrappers. Each is recognised by a name that it generates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    /// `let __ret: R = BODY;` in a boxed `async` block (async-trait).
    AsyncTrait,
    /// `let __tracing_instrument_future = async move BODY;` (tracing).
    Instrument,
    /// `(move || BODY)()` or `BODY` after `__tracing_attr_guard` (tracing).
    InstrumentBlocking,
    /// `let body = async BODY;` (`#[tokio::main]`, `#[tokio::test]`).
    Tokio,
}

const WRAPPERS: [(Wrapper, &str); 4] = [
    (Wrapper::AsyncTrait, "__ret"),
    (Wrapper::Instrument, "__tracing_instrument_future"),
    (Wrapper::InstrumentBlocking, "__tracing_attr_guard"),
    (Wrapper::Tokio, "\"Failed building the Runtime\""),
];

/// Finds a known wrapper in the body of a function.
pub(crate) fn find(body: &Group, is_async: bool) -> Option<Seam> {
    let tokens = body.stream();
    if !mentions_one(&tokens, &WRAPPERS.each_ref().map(|(_, mark)| *mark)) {
        return None;
    }
    WRAPPERS.iter().filter(|(_, mark)| mentions(&tokens, mark)).find_map(|(wrapper, _)| {
        if *wrapper == Wrapper::Tokio && is_async {
            return None;
        }
        let mut block: Block = syn::parse2(body.to_token_stream()).ok()?;
        let (output, moved) = match in_block(&mut block, *wrapper)? {
            Inside::Returned(block) => (returned(block).map(|(ty, _)| ty), moved(block)),
            Inside::Block(_) => (None, Vec::new()),
        };
        Some(Seam { block, wrapper: *wrapper, output, moved })
    })
}

impl Seam {
    /// Whether the attempt is awaited.
    pub(crate) fn is_async(&self) -> bool {
        self.wrapper != Wrapper::InstrumentBlocking
    }

    /// Replaces the attempt in the wrapped body. Arguments that each attempt clones lose their `mut` in the
    /// wrapping.
    pub(crate) fn with_attempt(
        mut self,
        cloned: impl Fn(&Ident) -> bool,
        attempt: impl FnOnce(TokenStream) -> syn::Result<TokenStream>,
    ) -> syn::Result<TokenStream> {
        match in_block(&mut self.block, self.wrapper) {
            // Input:
            //     let mut a = a; let __ret: R = { BODY };
            // Output:
            //     let a = a; let __ret: R = { ATTEMPT };
            Some(Inside::Returned(block)) => {
                for stmt in &mut block.stmts {
                    if let Stmt::Local(local) = stmt {
                        without_mut(&mut local.pat, &cloned);
                    }
                }
                if let Some((_, body)) = returned(block) {
                    let attempt = attempt(body.to_token_stream())?;
                    *body = Expr::Verbatim(quote!({ #attempt }));
                }
            }
            // Input:
            //     async move { BODY }, (move || { BODY })()
            // Output:
            //     async move { ATTEMPT }, (move || { ATTEMPT })()
            Some(Inside::Block(block)) => {
                let body = attempt(block.to_token_stream())?;
                block.stmts = vec![Stmt::Expr(Expr::Verbatim(body), None)];
            }
            None => {}
        }
        Ok(self.block.to_token_stream())
    }
}

/// The place of the attempt inside a wrapped body.
enum Inside<'a> {
    /// The initializer of `__ret` in this block.
    Returned(&'a mut Block),
    /// All of this block.
    Block(&'a mut Block),
}

/// Finds the type and the initializer of `__ret`.
fn returned(block: &mut Block) -> Option<(Type, &mut Expr)> {
    block.stmts.iter_mut().find_map(|stmt| match stmt {
        Stmt::Local(Local { pat: Pat::Type(typed), init: Some(init), .. })
            if binds(&typed.pat, "__ret") =>
        {
            Some(((*typed.ty).clone(), &mut *init.expr))
        }
        _ => None,
    })
}

// Input:
//     let __self = self; let mut a = a; let (b, c) = { let __arg2 = __arg2; __arg2 };
// Output:
//     (__self, self), (mut a, a), ((b, c), __arg2)
fn moved(block: &Block) -> Vec<Moved> {
    let argument = |init: &LocalInit| match &*init.expr {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(last, None)) => variable(last),
            _ => None,
        },
        expr => variable(expr),
    };
    let moved = block.stmts.iter().filter_map(|stmt| {
        let Stmt::Local(local) = stmt else { return None };
        let argument = argument(local.init.as_ref()?)?;
        Some(Moved { pat: local.pat.clone(), argument })
    });
    moved.collect()
}

fn binds(pat: &Pat, name: &str) -> bool {
    matches!(pat, Pat::Ident(ident) if ident.ident == name)
}

fn in_block(block: &mut Block, wrapper: Wrapper) -> Option<Inside<'_>> {
    if wrapper == Wrapper::AsyncTrait && returned(block).is_some() {
        return Some(Inside::Returned(block));
    }
    if wrapper == Wrapper::InstrumentBlocking && starts_with_edge(block) {
        return Some(Inside::Block(behind_edge(block)));
    }
    block.stmts.iter_mut().find_map(|stmt| match stmt {
        Stmt::Local(local) => in_local(local, wrapper),
        Stmt::Expr(expr, _) => in_expr(expr, wrapper),
        _ => None,
    })
}

fn in_local(local: &mut Local, wrapper: Wrapper) -> Option<Inside<'_>> {
    let init = &mut *local.init.as_mut()?.expr;
    match wrapper {
        Wrapper::Instrument if binds(&local.pat, "__tracing_instrument_future") => {
            innermost(init).map(Inside::Block)
        }
        Wrapper::Tokio if binds(&local.pat, "body") => match init {
            Expr::Async(future) => Some(Inside::Block(&mut future.block)),
            _ => None,
        },
        _ => in_expr(init, wrapper),
    }
}

fn in_expr(expr: &mut Expr, wrapper: Wrapper) -> Option<Inside<'_>> {
    match expr {
        Expr::Call(call) => match (wrapper, &mut *call.func) {
            (Wrapper::InstrumentBlocking, Expr::Paren(paren)) => match &mut *paren.expr {
                Expr::Closure(closure) => in_expr(&mut closure.body, wrapper),
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

/// The block that the user wrote. With `err` or `ret`, tracing awaits it inside another block.
fn innermost(expr: &mut Expr) -> Option<&mut Block> {
    let Expr::Async(future) = expr else { return None };
    let stmts = &mut future.block.stmts;
    match stmts.iter_mut().position(|stmt| awaited(stmt).is_some()) {
        Some(at) => awaited(&mut future.block.stmts[at]),
        None => Some(behind_edge(&mut future.block)),
    }
}

/// The block of `let … = async BLOCK.await;` or `match async BLOCK.await { … }`.
fn awaited(stmt: &mut Stmt) -> Option<&mut Block> {
    let expr = match stmt {
        Stmt::Local(local) => &mut *local.init.as_mut()?.expr,
        Stmt::Expr(Expr::Match(matched), _) => &mut *matched.expr,
        _ => return None,
    };
    let Expr::Await(awaited) = expr else { return None };
    match &mut *awaited.base {
        Expr::Async(future) => Some(behind_edge(&mut future.block)),
        _ => None,
    }
}

/// Whether the block begins with tracing's return edge. The edge has the type of the function, and must stay
/// outside the attempt, which has another type with `report`.
fn starts_with_edge(block: &Block) -> bool {
    matches!(block.stmts.first(), Some(Stmt::Expr(edge @ Expr::If(_), _))
        if mentions(&edge.to_token_stream(), "__tracing_attr_fake_return"))
}

// Input:
//     { if false { return … } { { BODY } } }
// Output:
//     { BODY }
fn behind_edge(block: &mut Block) -> &mut Block {
    match &block.stmts[..] {
        [_, Stmt::Expr(Expr::Block(_), None)] if starts_with_edge(block) => {}
        _ => return block,
    }
    let mut body = nested(&mut block.stmts[1]);
    while let [Stmt::Expr(Expr::Block(_), None)] = &body.stmts[..] {
        body = nested(&mut body.stmts[0]);
    }
    body
}

fn nested(stmt: &mut Stmt) -> &mut Block {
    match stmt {
        Stmt::Expr(Expr::Block(block), _) => &mut block.block,
        _ => unreachable!("the statement is a block"),
    }
}
