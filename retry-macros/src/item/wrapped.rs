//! Bodies that another attribute has wrapped before ours was expanded: where the attempt is in them.
//!
//! An attribute that stands above `#[retryable]` hands it a body of its own making. Looping all of that
//! would repeat the wrapping: `#[tracing::instrument]` moves the arguments into an inner future, which can
//! be done once only. So the attempt is the code that the user wrote, inside of the wrapping.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Block, Expr, Ident, Local, LocalInit, Pat, Stmt, Type};

use crate::item::function::Function;
use crate::item::pattern::without_mut;
use crate::item::tokens::mentions;

/// A wrapped body.
pub(crate) struct Seam {
    block: Block,
    wrapper: Wrapper,
    /// The attempt's type, when the wrapper has written it down.
    output: Option<Type>,
    /// The arguments that the wrapper has moved into its future.
    moved: Vec<Moved>,
}

/// `let PATTERN = ARGUMENT;`: the user's pattern, which the wrapper took out of the signature.
pub(crate) struct Moved {
    pub(crate) pat: Pat,
    pub(crate) argument: Ident,
}

/// The wrappers that are known, by the name that they give to what they make.
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

const WRAPPERS: &[(Wrapper, &str)] = &[
    (Wrapper::AsyncTrait, "__ret"),
    (Wrapper::Instrument, "__tracing_instrument_future"),
    (Wrapper::InstrumentBlocking, "__tracing_attr_guard"),
    (Wrapper::Tokio, "\"Failed building the Runtime\""),
];

/// Looks for a wrapper that is known.
pub(crate) fn find(function: &Function) -> Option<Seam> {
    let tokens = function.body.stream();
    WRAPPERS.iter().filter(|(_, mark)| mentions(&tokens, mark)).find_map(|(wrapper, _)| {
        if *wrapper == Wrapper::Tokio && function.sig.asyncness.is_some() {
            return None;
        }
        let mut block: Block = syn::parse2(function.body.to_token_stream()).ok()?;
        let (output, moved) = match in_block(&mut block, *wrapper)? {
            Attempt::Returned(block) => (returned(block).map(|(ty, _)| ty), moved(block)),
            Attempt::Block(_) => (None, Vec::new()),
        };
        Some(Seam { block, wrapper: *wrapper, output, moved })
    })
}

impl Seam {
    pub(crate) fn is_async(&self) -> bool {
        self.wrapper != Wrapper::InstrumentBlocking
    }

    pub(crate) fn output(&self) -> Option<&Type> {
        self.output.as_ref()
    }

    /// The arguments under the names that the user gave them.
    pub(crate) fn moved(&self) -> &[Moved] {
        &self.moved
    }

    /// The wrapped body with another attempt in place of the one that was found. What is cloned for each
    /// attempt is not bound mutably before.
    pub(crate) fn with_attempt(
        mut self,
        cloned: impl Fn(&Ident) -> bool,
        attempt: impl FnOnce(TokenStream) -> TokenStream,
    ) -> TokenStream {
        match in_block(&mut self.block, self.wrapper) {
            // Input:
            //     let mut a = a; let __ret: R = { BODY };
            // Output:
            //     let a = a; let __ret: R = { ATTEMPT };
            Some(Attempt::Returned(block)) => {
                for stmt in &mut block.stmts {
                    if let Stmt::Local(local) = stmt {
                        without_mut(&mut local.pat, &cloned);
                    }
                }
                if let Some((_, body)) = returned(block) {
                    let attempt = attempt(body.to_token_stream());
                    *body = Expr::Verbatim(quote!({ #attempt }));
                }
            }
            // Input:
            //     async move { BODY }, (move || { BODY })()
            // Output:
            //     async move { ATTEMPT }, (move || { ATTEMPT })()
            Some(Attempt::Block(block)) => {
                let body = attempt(block.to_token_stream());
                block.stmts = vec![Stmt::Expr(Expr::Verbatim(body), None)];
            }
            None => {}
        }
        self.block.to_token_stream()
    }
}

/// Where the attempt is in a wrapped body.
enum Attempt<'a> {
    /// The initializer of `__ret` in this block.
    Returned(&'a mut Block),
    /// All of this block.
    Block(&'a mut Block),
}

/// The type and the initializer of `__ret`.
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
        Expr::Path(path) => path.path.get_ident().cloned(),
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(Expr::Path(path), None)) => path.path.get_ident().cloned(),
            _ => None,
        },
        _ => None,
    };
    let locals = block.stmts.iter().filter_map(|stmt| match stmt {
        Stmt::Local(local) => Some(local),
        _ => None,
    });
    locals
        .filter_map(|local| {
            let argument = argument(local.init.as_ref()?)?;
            Some(Moved { pat: local.pat.clone(), argument })
        })
        .collect()
}

fn binds(pat: &Pat, name: &str) -> bool {
    matches!(pat, Pat::Ident(ident) if ident.ident == name)
}

fn in_block(block: &mut Block, wrapper: Wrapper) -> Option<Attempt<'_>> {
    if wrapper == Wrapper::AsyncTrait && returned(block).is_some() {
        return Some(Attempt::Returned(block));
    }
    if wrapper == Wrapper::InstrumentBlocking && starts_with_edge(block) {
        return Some(Attempt::Block(behind_edge(block)));
    }
    block.stmts.iter_mut().find_map(|stmt| match stmt {
        Stmt::Local(local) => in_local(local, wrapper),
        Stmt::Expr(expr, _) => in_expr(expr, wrapper),
        _ => None,
    })
}

fn in_local(local: &mut Local, wrapper: Wrapper) -> Option<Attempt<'_>> {
    let init = &mut *local.init.as_mut()?.expr;
    match wrapper {
        Wrapper::Instrument if binds(&local.pat, "__tracing_instrument_future") => {
            innermost(init).map(Attempt::Block)
        }
        Wrapper::Tokio if binds(&local.pat, "body") => match init {
            Expr::Async(future) => Some(Attempt::Block(&mut future.block)),
            _ => None,
        },
        _ => in_expr(init, wrapper),
    }
}

fn in_expr(expr: &mut Expr, wrapper: Wrapper) -> Option<Attempt<'_>> {
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

/// The block that the user wrote: with `err` or `ret` it is awaited inside of another one.
fn innermost(expr: &mut Expr) -> Option<&mut Block> {
    let Expr::Async(future) = expr else { return None };
    let nested = future.block.stmts.iter().position(|stmt| match stmt {
        Stmt::Local(local) => local.init.as_ref().is_some_and(|init| awaits_block(&init.expr)),
        Stmt::Expr(Expr::Match(matched), _) => awaits_block(&matched.expr),
        _ => false,
    });
    let Some(nested) = nested else { return Some(behind_edge(&mut future.block)) };
    let awaited = match &mut future.block.stmts[nested] {
        Stmt::Local(local) => &mut *local.init.as_mut()?.expr,
        Stmt::Expr(Expr::Match(matched), _) => &mut *matched.expr,
        _ => return None,
    };
    match awaited {
        Expr::Await(awaited) => match &mut *awaited.base {
            Expr::Async(future) => Some(behind_edge(&mut future.block)),
            _ => None,
        },
        _ => None,
    }
}

fn awaits_block(expr: &Expr) -> bool {
    matches!(expr, Expr::Await(awaited) if matches!(&*awaited.base, Expr::Async(_)))
}

/// Whether the block begins with tracing's return edge, which is typed as the function is: it must stay
/// outside of the attempt, whose type differs with `report`.
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
        _ => unreachable!("asked for a block's block only"),
    }
}
