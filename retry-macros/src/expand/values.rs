//! The values of arguments and settings, as arguments of builder methods.
//!
//! A bare word or a bare call becomes a function of the runtime with the span of the user's tokens, so that
//! rustc proposes the nearest function for a misspelt word. Other expressions stay as they are.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use crate::expand::spans::respanned;
use crate::read::literal::{bare_call, is_lower_case};
use crate::read::schedule::is_word;
use crate::read::settings::Value;
use crate::read::time::{Backoff, Time};

// Input:
//     fibonacci, ["100ms", "1s"], delays::quadratic
// Output:
//     backoff::fibonacci(), Backoff::List(&[Duration::new(…), Duration::new(…)]), Backoff::Custom(delays::quadratic)
pub(crate) fn backoff(backoff: &Backoff, private: &TokenStream) -> TokenStream {
    match backoff {
        Backoff::Named(expr) if is_function(expr) => {
            let at = Span::call_site().located_at(expr.span());
            let path = respanned(private, at);
            // The words are in scope, so that rustc proposes one of them for a misspelt word.
            quote_spanned! {at=> {
                #[allow(unused_imports, clippy::wildcard_imports)]
                use #path::backoff::*;
                #path::Backoff::Custom(#expr)
            }}
        }
        Backoff::Named(expr) => named(expr, &quote!(#private::backoff)),
        Backoff::List(entries, bracket) => {
            let entries = entries.iter().map(|entry| duration(entry, private));
            quote_spanned!(bracket.span.join()=> #private::Backoff::List(&[#(#entries),*]))
        }
    }
}

/// Whether the expression is a function of the user's: a closure, or a path that is written like one to a function.
fn is_function(expr: &Expr) -> bool {
    match expr {
        Expr::Closure(_) => true,
        Expr::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| is_lower_case(&last.ident)) && !is_word(expr)
        }
        _ => false,
    }
}

// Input:
//     proportional(0.2), FULL
// Output:
//     jitter::proportional(0.2), FULL
pub(crate) fn named(expr: &Expr, module: &TokenStream) -> TokenStream {
    let Some((word, _)) = bare_call(expr) else { return quote!(#expr) };
    let at = Span::call_site().located_at(expr.span());
    let module = respanned(module, at);
    let Expr::Call(call) = expr else { return quote_spanned!(at=> #module::#word()) };
    let numbers = call.args.iter().map(number);
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#(#numbers),*));
    arguments.set_span(Span::call_site().located_at(call.paren_token.span.close()));
    quote_spanned!(at=> #module::#word #arguments)
}

// Input, as a setting of a budget or a breaker:
//     time("30s"), "10s", 1
// Output:
//     setting::time(Duration::new(30, 0)), Duration::new(10, 0), 1.0
pub(crate) fn setting(expr: &Expr, kind: Value, private: &TokenStream) -> TokenStream {
    match (kind, expr) {
        (Value::Rate | Value::Number, _) => number(expr),
        (Value::Window, Expr::Call(call)) if bare_call(expr).is_some() => {
            let word = &call.func;
            let arguments = call.args.iter().map(|argument| text(argument, private));
            quote_spanned!(expr.span()=> #private::setting::#word(#(#arguments),*))
        }
        (Value::Share, Expr::Lit(name)) => {
            quote_spanned!(expr.span()=> #private::Share::new(#name))
        }
        _ => text(expr, private),
    }
}

/// A duration that is written out, or the expression.
fn text(expr: &Expr, private: &TokenStream) -> TokenStream {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => match Time::parse(text) {
            Ok(time) => duration(&time, private),
            Err(error) => error.to_compile_error(),
        },
        _ => quote!(#expr),
    }
}

/// A number as a float: `2` stands for `2.0`.
pub(crate) fn number(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.suffix().is_empty() => {
            let float = syn::LitFloat::new(&format!("{}.0", int.base10_digits()), int.span());
            quote!(#float)
        }
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            let (minus, number) = (unary.op, number(&unary.expr));
            quote!(#minus #number)
        }
        _ => quote!(#expr),
    }
}

/// A duration as a constant expression.
pub(crate) fn duration(time: &Time, private: &TokenStream) -> TokenStream {
    match time {
        Time::Text(text, duration) => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote_spanned!(text.span()=> #private::Duration::new(#seconds, #nanos))
        }
        Time::Expr(expr) => quote!(#expr),
    }
}
