//! The last expression of a function that returns a future.

use proc_macro2::{Group, Ident};
use quote::ToTokens;
use syn::{Block, Expr, ExprAsync, ExprMacro, Pat, Stmt};

use crate::item::tokens::mentions_one;

// Input:
//     return FUTURE;
// Output:
//     FUTURE
pub(crate) fn ends_in_an_expression(block: &mut Block) {
    let tail = match block.stmts.pop() {
        Some(Stmt::Expr(Expr::Return(returned), _)) if returned.expr.is_some() => {
            returned.expr.map(|tail| Stmt::Expr(*tail, None))
        }
        Some(Stmt::Macro(call)) if call.semi_token.is_none() => {
            let (attrs, mac) = (call.attrs, call.mac);
            Some(Stmt::Expr(Expr::Macro(ExprMacro { attrs, mac }), None))
        }
        other => other,
    };
    block.stmts.extend(tail);
}

/// Whether the last expression of a body boxes a future: `Box::pin(…)`, or `.boxed()` of an `async` block.
pub(crate) fn boxes_a_future(body: &Group) -> bool {
    let tokens = body.stream();
    if !mentions_one(&tokens, &["pin", "boxed", "boxed_local"]) {
        return false;
    }
    let Ok(mut block) = syn::parse2::<Block>(body.to_token_stream()) else { return false };
    ends_in_an_expression(&mut block);
    let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() else { return false };
    let mut boxes = false;
    each_leaf(tail, &mut |leaf| {
        let pinned =
            matches!(leaf, Expr::Call(call) if call.args.len() == 1 && is_box(&call.func, "pin"));
        boxes |= pinned || !is_async(leaf) && is_async(unboxed(leaf));
    });
    boxes
}

fn is_async(expr: &Expr) -> bool {
    matches!(expr, Expr::Async(_))
}

/// Visits each expression that may be the value of the expression: the last ones of the arms of an `if`, of a
/// `match` and of blocks.
pub(crate) fn each_leaf(expr: &mut Expr, visit: &mut impl FnMut(&mut Expr)) {
    match expr {
        Expr::If(choice) if choice.else_branch.is_some() => {
            last_of(&mut choice.then_branch, visit);
            if let Some((_, other)) = &mut choice.else_branch {
                each_leaf(other, visit);
            }
        }
        Expr::Match(choice) => {
            choice.arms.iter_mut().for_each(|arm| each_leaf(&mut arm.body, visit))
        }
        Expr::Block(block) if block.label.is_none() => last_of(&mut block.block, visit),
        Expr::Paren(paren) => each_leaf(&mut paren.expr, visit),
        Expr::Group(group) => each_leaf(&mut group.expr, visit),
        leaf => visit(leaf),
    }
}

fn last_of(block: &mut Block, visit: &mut impl FnMut(&mut Expr)) {
    ends_in_an_expression(block);
    if let Some(Stmt::Expr(last, None)) = block.stmts.last_mut() {
        each_leaf(last, visit);
    }
}

/// The expression inside boxing, casts and methods that do not change the output of a future.
pub(crate) fn root(expr: &mut Expr) -> &mut Expr {
    const METHODS: [&str; 5] = ["boxed", "boxed_local", "instrument", "in_current_span", "fuse"];
    inside(expr, &|method| METHODS.iter().any(|known| method == known))
}

/// The expression inside boxing and casts.
pub(crate) fn unboxed(expr: &mut Expr) -> &mut Expr {
    inside(expr, &|method| method == "boxed" || method == "boxed_local")
}

/// The `async` block at the start of a chain of methods: `async { … }.map(…)`.
pub(crate) fn start_of_chain(expr: &mut Expr) -> Option<&mut ExprAsync> {
    match inside(expr, &|_| true) {
        Expr::Async(future) => Some(future),
        _ => None,
    }
}

fn inside<'e>(mut expr: &'e mut Expr, passes: &dyn Fn(&Ident) -> bool) -> &'e mut Expr {
    while is_wrapped(expr, passes) {
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

fn is_wrapped(expr: &Expr, passes: &dyn Fn(&Ident) -> bool) -> bool {
    match expr {
        Expr::Call(call) => {
            call.args.len() == 1 && (is_box(&call.func, "pin") || is_box(&call.func, "new"))
        }
        Expr::MethodCall(call) => passes(&call.method),
        Expr::Cast(_) | Expr::Paren(_) | Expr::Group(_) => true,
        _ => false,
    }
}

/// Whether the function is `Box::pin` or another one of `Box`.
fn is_box(function: &Expr, name: &str) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut segments = path.path.segments.iter().rev();
    let (last, before) = (segments.next(), segments.next());
    last.is_some_and(|last| last.ident == name)
        && before.is_some_and(|before| before.ident == "Box")
}

/// Whether the statement binds the variable.
pub(crate) fn binds(stmt: &Stmt, name: &Ident) -> bool {
    let Stmt::Local(local) = stmt else { return false };
    match &local.pat {
        Pat::Ident(ident) => ident.ident == *name,
        Pat::Type(typed) => matches!(&*typed.pat, Pat::Ident(ident) if ident.ident == *name),
        _ => false,
    }
}
