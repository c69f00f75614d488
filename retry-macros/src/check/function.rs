//! Rules about the function: which functions can be retried.

use syn::{
    Attribute, FnArg, PathArguments, Type, TypeImplTrait, TypeParamBound, TypePath, parse_quote,
};

use crate::errors::{Errors, Mistake, quoted};
use crate::item::function::Function;
use crate::item::outputs::{lifetimes, type_arguments};
use crate::item::receiver::Receiver;
use crate::read::args::Args;

pub(super) fn const_functions_cannot_wait(function: &Function, errors: &mut Errors) {
    if let Some(token) = function.sig.constness {
        errors.push(token.mistake(
            "a `const fn` cannot be retried: a call cannot wait at compile time\n\
             help: remove `const`",
        ));
    }
}

pub(super) fn callers_are_not_tracked(function: &Function, errors: &mut Errors) {
    let tracked = |attribute: &&Attribute| attribute.path().is_ident("track_caller");
    for attribute in function.attrs.iter().filter(tracked) {
        errors.push(attribute.mistake(
            "`#[track_caller]` has no effect: the caller of an attempt is the retry loop\n\
             help: remove it",
        ));
    }
}

pub(super) fn there_is_an_outcome(function: &Function, errors: &mut Errors) {
    let message = |output: &str| {
        format!(
            "a function that returns {output} cannot fail, so there is nothing to retry\n\
             help: return a `Result` or an `Option`"
        )
    };
    match function.output() {
        None => errors.push(function.sig.ident.mistake(message("nothing"))),
        Some(Type::Never(never)) => errors.push(never.mistake(message("`!`"))),
        Some(output) if never_an_outcome(output) => {
            errors.push(output.mistake(message(&format!("`{}`", quoted(output)))));
        }
        Some(Type::ImplTrait(opaque)) if !may_be_an_outcome(opaque, function) => {
            errors.push(opaque.mistake(format!(
                "cannot tell success from failure in `{0}`\n\
                 help: return `Result<{0}, …>` or `Option<{0}>`",
                quoted(opaque)
            )))
        }
        Some(_) => {}
    }
}

pub(super) fn a_report_belongs_to_a_result(function: &Function, args: &Args, errors: &mut Errors) {
    let (Some(_), Some(Type::Path(output))) = (&args.report, function.outcome()) else { return };
    if output.path.segments.last().is_some_and(|last| last.ident == "Option") {
        errors.push(output.mistake(
            "a function with `report` returns `Result<T, RetryError<E>>`, not an `Option`, which has no failure to report\n\
             help: remove `report`, or return a `Result`",
        ));
    }
}

pub(super) fn an_option_holds_no_result(function: &Function, errors: &mut Errors) {
    let Some(output) = function.outcome() else { return };
    let Some(result) = result_in_option(&output) else { return };
    let values = |value: &Type| {
        let mut turned = result.clone();
        let last = turned.path.segments.last_mut();
        if let Some(PathArguments::AngleBracketed(arguments)) = last.map(|last| &mut last.arguments)
        {
            arguments.args[0] = parse_quote!(Option<#value>);
        }
        turned
    };
    let value = result.path.segments.last().and_then(|last| type_arguments(last).next());
    let Some(value) = value else { return };
    errors.push(output.mistake(format!(
        "`{}` does not say what a failure is: `None` would be retried, and `Some(Err(_))` be a success\n\
         help: return `{}`",
        quoted(&output),
        quoted(values(value))
    )));
}

/// The `Result<T, …>` of `Option<Result<T, …>>`. A path of several segments may lead to another type of the
/// name `Option`, and is left to rustc.
fn result_in_option(output: &Type) -> Option<&TypePath> {
    match output {
        Type::Group(group) => result_in_option(&group.elem),
        Type::Paren(paren) => result_in_option(&paren.elem),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
            let known = path.path.segments.first().is_some_and(|first| {
                ["Option", "std", "core"].iter().any(|name| first.ident == name)
            });
            match type_arguments(last).next() {
                Some(Type::Path(result)) if known => result
                    .path
                    .segments
                    .last()
                    .is_some_and(|it| it.ident == "Result")
                    .then_some(result),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an opaque type is a future, or names `Outcome` among its bounds.
fn may_be_an_outcome(opaque: &TypeImplTrait, function: &Function) -> bool {
    let outcome = opaque.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| last.ident == "Outcome")
        }
        _ => false,
    });
    outcome || function.returned_future().is_some()
}

/// Whether a type can never be an `Outcome`. A path of several segments may lead to another type of the same
/// name, and is left to rustc.
fn never_an_outcome(ty: &Type) -> bool {
    const NAMES: [&str; 19] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8",
        "u16", "u32", "u64", "u128", "usize", "String", "Vec",
    ];
    match ty {
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Reference(reference) => never_an_outcome(&reference.elem),
        Type::Path(path) if path.qself.is_none() && path.path.segments.len() == 1 => {
            NAMES.iter().any(|name| path.path.segments[0].ident == name)
        }
        _ => false,
    }
}

pub(super) fn one_attribute_retries(function: &Function, errors: &mut Errors) {
    let is_second = |attribute: &&Attribute| {
        attribute.path().segments.last().is_some_and(|last| last.ident == "retryable")
    };
    for second in function.attrs.iter().filter(is_second) {
        errors.push(second.mistake(
            "the function is already retried by the attribute above: both together would multiply their attempts\n\
             help: write their arguments in one `#[retryable(…)]`",
        ));
    }
}

pub(super) fn nothing_is_borrowed_from_a_mutable_reference(
    function: &Function,
    errors: &mut Errors,
) {
    let Some(output) = function.outcome() else { return };
    let borrowed = lifetimes(&output);
    if borrowed.is_empty() {
        return;
    }
    let (mut receiver, mut arguments) = (None, Vec::new());
    for input in &function.sig.inputs {
        match input {
            FnArg::Receiver(it) => receiver = mutable_reference(&Receiver::of(it).ty),
            FnArg::Typed(typed) => arguments.push((&*typed.ty, mutable_reference(&typed.ty))),
        }
    }
    let has_receiver = function.sig.receiver().is_some();
    // An elided lifetime in the output is that of the receiver, or of the only reference.
    let elided = matches!(
        (&receiver, has_receiver, &arguments[..]),
        (Some(_), _, _) | (None, false, [(_, Some(None))])
    );
    let shared = arguments.iter().filter(|(_, mutable)| mutable.is_none());
    let shared: Vec<Option<String>> = shared.flat_map(|(ty, _)| lifetimes(ty)).collect();
    let mutable = arguments.into_iter().filter_map(|(_, lifetime)| lifetime);
    let named: Vec<String> = receiver.into_iter().chain(mutable).flatten().collect();
    let conflict = borrowed.iter().any(|lifetime| match lifetime {
        None => elided,
        // Where a shared argument has the same lifetime, the output may come from there.
        Some(name) => named.contains(name) && !shared.contains(&Some(name.clone())),
    });
    if conflict {
        errors.push(output.mistake(
            "the output borrows from a `&mut` argument, and a failed attempt would keep that borrow while the \
             next one needs it\n\
             help: return an owned value (clone it), or retry a function that takes `&self`",
        ));
    }
}

/// The lifetime of `&mut _` or `Pin<&mut _>`: `Some(None)` if it is elided, `None` for any other type.
fn mutable_reference(ty: &Type) -> Option<Option<String>> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let name = reference.lifetime.as_ref().map(|lifetime| lifetime.ident.to_string());
            Some(name.filter(|name| name != "_"))
        }
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Pin")?;
            type_arguments(last).find_map(mutable_reference)
        }
        _ => None,
    }
}
