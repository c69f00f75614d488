//! Rules about the arguments of the function: `clone`, `keep`, `attempt`, `recover`.

use quote::{ToTokens, quote};
use retry_text::nearest;
use syn::{Ident, Pat, Type};

use crate::errors::{Errors, Mistake};
use crate::item::function::Function;
use crate::item::parameters::Parameter;
use crate::item::pattern::as_expression;
use crate::read::args::Args;
use crate::read::form::Idents;
use crate::read::key::Keyed;

pub(super) fn listed_arguments_exist(function: &Function, args: &Args, errors: &mut Errors) {
    let bindings = function.bindings();
    let names: Vec<String> = bindings.iter().map(|binding| binding.name.to_string()).collect();
    exist(listed(args).map(|(_, name)| name), &names, errors);
}

/// Each listed name is an argument of the function.
pub(super) fn exist<'a>(
    listed: impl Iterator<Item = &'a Ident>,
    names: &[String],
    errors: &mut Errors,
) {
    let candidates: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in listed {
        let word = name.to_string();
        if names.contains(&word) {
            continue;
        }
        let help = match nearest(&word, &candidates) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "the function has no arguments".to_owned(),
            None => format!("the arguments are {}", names.join(", ")),
        };
        errors.push(name.mistake(format!("this function has no argument `{word}`\nhelp: {help}")));
    }
}

/// Reports a name that a list contains twice.
pub(super) fn listed_twice(name: &Ident, errors: &mut Errors) {
    errors.push(name.mistake(format!("`{name}` is listed twice\nhelp: remove one of them")));
}

pub(super) fn each_argument_is_cloned_or_kept_once(args: &Args, errors: &mut Errors) {
    let listed: Vec<(&Ident, &Ident)> = listed(args).collect();
    for (position, (key, name)) in listed.iter().enumerate() {
        let earlier = listed[..position].iter().find(|(_, earlier)| earlier == name);
        let Some((other, _)) = earlier else { continue };
        if key == other {
            listed_twice(name, errors);
        } else {
            errors.push(name.mistake(format!(
                "`{name}` is in both `clone` and `keep`: changes cannot carry over to a fresh copy\n\
                 help: remove one of them"
            )));
        }
    }
}

pub(super) fn kept_arguments_are_mutable(function: &Function, args: &Args, errors: &mut Errors) {
    for binding in function.bindings().iter().filter(|binding| binding.mutable.is_none()) {
        let name = &binding.name;
        let is_cloned = position(args.clone.as_ref(), name).is_some();
        if let Some(kept) = position(args.keep.as_ref(), name).filter(|_| !is_cloned) {
            errors.push(kept.mistake(format!(
                "`{name}` is not `mut`, so there are no changes to keep\n\
                     help: remove it from `keep`, or declare it `mut {name}`"
            )));
        }
    }
}

pub(super) fn cloned_arguments_are_owned(function: &Function, args: &Args, errors: &mut Errors) {
    for binding in function.bindings() {
        let name = &binding.name;
        let Some(cloned) = position(args.clone.as_ref(), name) else { continue };
        if name == "self" {
            errors.push(cloned.mistake(
                "a clone cannot replace `self`\n\
                 help: clone it in the body: `let this = self.clone();`",
            ));
        } else if matches!(binding.ty, Some(Type::Reference(_))) {
            errors.push(cloned.mistake(format!(
                "`{name}` is a reference, which every attempt can use without a clone\n\
                 help: remove it from `clone`"
            )));
        }
    }
}

/// The names in `clone` and `keep`, each with its key.
fn listed(args: &Args) -> impl Iterator<Item = (&Ident, &Ident)> {
    let lists = [&args.clone, &args.keep].into_iter().flatten();
    lists.flat_map(|list| list.value.iter().map(|name| (&list.key, name)))
}

/// Whether all names in `clone` and `keep` are known. A list that could not be read may contain an argument, and a misspelt
/// name in a list may stand for it.
pub(super) fn lists_are_known(function: &Function, args: &Args) -> bool {
    let bindings = function.bindings();
    let exists = |name: &Ident| bindings.iter().any(|binding| binding.name == *name);
    !args.misread(&["clone", "keep"]) && listed(args).all(|(_, name)| exists(name))
}

/// The name with its span in the list.
fn position<'a>(list: Option<&'a Keyed<Idents>>, name: &Ident) -> Option<&'a Ident> {
    list?.value.iter().find(|listed| *listed == name)
}

pub(super) fn mutable_arguments_are_cloned_or_kept(
    function: &Function,
    args: &Args,
    errors: &mut Errors,
) {
    if !lists_are_known(function, args) {
        return;
    }
    for binding in &function.bindings() {
        let Some(mutable) = &binding.mutable else { continue };
        let name = &binding.name;
        if listed(args).any(|(_, listed)| listed == name) {
            continue;
        }
        let clone = if name == "self" {
            String::new()
        } else {
            format!("`clone({name})` (each attempt gets a fresh copy) or ")
        };
        let by_ref = &binding.by_ref;
        errors.push(quote!(#by_ref #mutable #name).mistake(format!(
            "`{name}` is mutable, and its value at the start of the next attempt is undecided\n\
             help: add {clone}`keep({name})` (changes carry over to the next attempt) to `#[retryable(…)]`"
        )));
    }
}

pub(super) fn the_context_hides_no_argument(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(attempt) = &args.attempt else { return };
    if function.bindings().iter().any(|binding| binding.name == attempt.value) {
        let name = &attempt.value;
        errors.push(name.mistake(format!(
            "`attempt = {name}` hides the argument `{name}` in the body\nhelp: choose another name"
        )));
    }
}

pub(super) fn recover_gets_every_argument(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(recover) = &args.recover else { return };
    for parameter in function.parameters() {
        let Parameter::Typed { pat, .. } = parameter else { continue };
        if as_expression(&pat).is_none() && !matches!(pat, Pat::Wild(_)) {
            let path = recover.value.to_token_stream();
            errors.push(pat.mistake(format!(
                "`recover = {path}` gets every argument, and this argument cannot be rebuilt from its pattern\n\
                 help: give the argument a name, and destructure it in the body"
            )));
        }
    }
}
