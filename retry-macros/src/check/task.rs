//! Which functions can be called by a task.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericParam, Ident, Pat, PatType, Type};

use crate::check::arguments;
use crate::errors::Errors;
use crate::item::function::Function;
use crate::read::args::Args;
use crate::read::key::Keyed;
use crate::read::task::Task;
use crate::read::values::source;

/// Every rule about `task`.
pub(crate) fn check(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(Keyed { value: task, .. }) = &args.task else { return };
    functions_stand_alone(function, errors);
    functions_are_not_generic(function, errors);
    listed_parameters_exist(function, task, errors);
    parameters_are_listed_once(task, errors);
    for parameter in typed(function) {
        parameters_have_names(parameter, errors);
        stored_parameters_are_owned(parameter, task, errors);
        states_are_shared(parameter, task, errors);
    }
    recover_belongs_to_calls_that_wait(args, errors);
}

/// The parameters but for `self`.
pub(crate) fn typed(function: &Function) -> impl Iterator<Item = &PatType> {
    function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// The parameter's name.
pub(crate) fn name(parameter: &PatType) -> Option<&Ident> {
    match &*parameter.pat {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => Some(&ident.ident),
        _ => None,
    }
}

fn functions_stand_alone(function: &Function, errors: &mut Errors) {
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        errors.at(
            receiver,
            "a method cannot be a task: a worker has no `self` to call it on\n\
             help: write a free function that takes it as a parameter, listed in `task(state(…))`",
        );
        return;
    }
    // One that does not name its type cannot be told from a free function here.
    if let Some(of_type) = named_type(function.sig.to_token_stream()) {
        errors.at(
            of_type,
            "a function of a type cannot be a task: its tasks have a type of their own, which cannot stand in an `impl`\n\
             help: write a free function, and name the type instead of `Self`",
        );
    }
}

/// The first `Self`.
fn named_type(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => Some(word).filter(|word| word == "Self"),
        TokenTree::Group(group) => named_type(group.stream()),
        _ => None,
    })
}

fn functions_are_not_generic(function: &Function, errors: &mut Errors) {
    for parameter in &function.sig.generics.params {
        let what = match parameter {
            // A borrowed argument is reported where it is; a borrowed state may have a lifetime.
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(ty) => &ty.ident,
            GenericParam::Const(constant) => &constant.ident,
        };
        errors.at(
            parameter,
            format!(
                "a generic function cannot be a task: a stored call does not say what `{what}` is\n\
                 help: write a function for each type"
            ),
        );
    }
    for parameter in typed(function).filter(|it| matches!(*it.ty, Type::ImplTrait(_))) {
        errors.at(
            &parameter.ty,
            format!(
                "a generic function cannot be a task: a stored call does not say what `{}` is\n\
                 help: write the type",
                source(&parameter.ty)
            ),
        );
    }
}

fn listed_parameters_exist(function: &Function, task: &Task, errors: &mut Errors) {
    let names: Vec<String> = typed(function).filter_map(name).map(Ident::to_string).collect();
    arguments::exist(task.state.iter().chain(&task.redact), &names, errors);
}

fn parameters_are_listed_once(task: &Task, errors: &mut Errors) {
    for list in [&task.state, &task.redact] {
        for (position, name) in list.iter().enumerate() {
            if list[..position].contains(name) {
                arguments::listed_twice(name, errors);
            }
        }
    }
    for name in task.redact.iter().filter(|name| task.is_state(name)) {
        errors.at(
            name,
            format!("`{name}` is in `state`, so it is neither stored nor shown\nhelp: remove it from `redact`"),
        );
    }
}

fn parameters_have_names(parameter: &PatType, errors: &mut Errors) {
    if name(parameter).is_none() {
        errors.at(
            &parameter.pat,
            "a task's arguments are stored under their names\nhelp: give it a name, and take it apart in the body",
        );
    }
}

fn stored_parameters_are_owned(parameter: &PatType, task: &Task, errors: &mut Errors) {
    let Type::Reference(reference) = &*parameter.ty else { return };
    let Some(name) = name(parameter).filter(|name| !task.is_state(name)) else { return };
    let owned = match source(&reference.elem).as_str() {
        "str" => "String".to_owned(),
        other => other.to_owned(),
    };
    errors.at(
        &parameter.ty,
        format!(
            "a task's arguments are stored, and a reference cannot be\n\
             help: take `{name}: {owned}`, or list it in `task(state({name}))` if the worker has it"
        ),
    );
}

fn states_are_shared(parameter: &PatType, task: &Task, errors: &mut Errors) {
    let Type::Reference(reference) = &*parameter.ty else { return };
    if reference.mutability.is_none() || !name(parameter).is_some_and(|name| task.is_state(name)) {
        return;
    }
    errors.at(
        reference.to_token_stream(),
        "all attempts of a worker share its state, so none can have it alone\n\
         help: take `&T`, and put what changes behind a lock",
    );
}

fn recover_belongs_to_calls_that_wait(args: &Args, errors: &mut Errors) {
    if let Some(recover) = &args.recover {
        errors.at(
            &recover.key,
            "`recover` cannot stand beside `task`: each attempt of a task is a call of its own, and would be recovered\n\
             help: call the function from one with `recover`, or look at the task's state",
        );
    }
}
