//! Rules about the failures that are retried: `on` and `idempotent`.

use quote::ToTokens;
use syn::Type;

use crate::errors::{Errors, Mistake, quoted};
use crate::item::function::Function;
use crate::item::outputs::type_arguments;
use crate::read::args::Args;

/// Texts, numbers and `()` have no kinds of failure, whatever the attribute's defaults are.
pub(super) fn a_text_says_what_is_retried(function: &Function, args: &Args, errors: &mut Errors) {
    let judged = args.retries_any() || args.when.is_some() && args.on.is_none();
    let Some(output) = function.outcome().filter(|_| !judged && !args.misread(&["on", "when"]))
    else {
        return;
    };
    let Some(failure) = error_type(&output) else { return };
    if has_no_kinds(failure) {
        errors.push(failure.mistake(format!(
            "`{}` does not say which of its failures may be retried\n\
             help: write `on = any` to retry every failure, or `when = |error| …` to judge it; an error type of your own \
             says it with `#[derive(retry_runtime::Classify)]`",
            quoted(failure)
        )));
    }
}

/// The `E` of `Result<T, E>`, also in `Result<T, RetryError<E>>`.
fn error_type(output: &Type) -> Option<&Type> {
    let Type::Path(path) = output else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let failure = type_arguments(last).nth(1)?;
    match failure {
        Type::Path(path) => {
            match path.path.segments.last().filter(|last| last.ident == "RetryError") {
                Some(report) => type_arguments(report).next(),
                None => Some(failure),
            }
        }
        _ => Some(failure),
    }
}

fn has_no_kinds(ty: &Type) -> bool {
    const NAMES: [&str; 15] = [
        "String", "str", "bool", "char", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64",
        "usize", "isize", "f64",
    ];
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Reference(reference) => has_no_kinds(&reference.elem),
        Type::Path(path) => NAMES.iter().any(|name| path.path.is_ident(name)),
        _ => false,
    }
}

pub(super) fn on_lists_kinds_that_can_be_retried(args: &Args, errors: &mut Errors) {
    for kind in
        args.listed_kinds().iter().filter(|kind| *kind == "Permanent" || *kind == "Overloaded")
    {
        let why = match kind == "Permanent" {
            true => "the next attempt would fail in the same way",
            false => "the other side asks not to be called again",
        };
        errors.push(kind.mistake(format!(
            "`{kind}` failures are never retried: {why}\nhelp: remove `{kind}` from `on`"
        )));
    }
}

pub(super) fn idempotency_is_not_contradicted(args: &Args, errors: &mut Errors) {
    let ambiguous = args.listed_kinds().iter().find(|kind| *kind == "Ambiguous");
    let (Some(kind), Some(idempotent)) = (ambiguous, &args.idempotent) else { return };
    if idempotent.value.to_token_stream().to_string() == "false" {
        errors.push(kind.mistake(
            "`Ambiguous` in `on` declares the function idempotent, and `idempotent = false` declares that it is not\n\
             help: remove one of them",
        ));
    }
}
