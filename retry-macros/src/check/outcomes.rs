//! Rules about the failures that are retried: `on` and `idempotent`.

use quote::ToTokens;

use crate::errors::{Errors, Mistake};
use crate::read::args::Args;

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
