//! What is retried: `on` and `idempotent`.

use quote::ToTokens;

use crate::errors::Errors;
use crate::read::args::{Args, On};

pub(super) fn on_lists_what_can_be_retried(args: &Args, errors: &mut Errors) {
    let Some(On::Kinds(kinds)) = args.on.as_ref().map(|on| &on.value) else { return };
    for kind in kinds.iter().filter(|kind| *kind == "Permanent" || *kind == "Overloaded") {
        let why = match kind == "Permanent" {
            true => "the next attempt would fail in the same way",
            false => "the other side asks not to be called again",
        };
        errors.at(
            kind,
            format!("`{kind}` failures are never retried: {why}\nhelp: remove `{kind}` from `on`"),
        );
    }
}

pub(super) fn idempotency_is_not_contradicted(args: &Args, errors: &mut Errors) {
    let Some(On::Kinds(kinds)) = args.on.as_ref().map(|on| &on.value) else { return };
    let (Some(kind), Some(idempotent)) =
        (kinds.iter().find(|kind| *kind == "Ambiguous"), &args.idempotent)
    else {
        return;
    };
    if idempotent.value.to_token_stream().to_string() == "false" {
        errors.at(
            kind,
            "`Ambiguous` in `on` declares the function idempotent, and `idempotent = false` says that it is not\n\
             help: remove one of them",
        );
    }
}
