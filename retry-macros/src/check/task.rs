//! Rules about `task`: which functions a worker can call.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericParam, Ident, PatType, Type};

use crate::check::arguments;
use crate::errors::{Errors, Mistake, quoted};
use crate::item::function::Function;
use crate::item::parameters::name;
use crate::read::args::Args;
use crate::read::key::Keyed;
use crate::read::task::Task;

/// Checks every rule about `task`.
pub(crate) fn check(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(Keyed { value: task, .. }) = &args.task else { return };
    functions_stand_alone(function, errors);
    functions_are_not_generic(function, errors);
    listed_parameters_exist(function, task, errors);
    parameters_are_listed_once(task, errors);
    for parameter in function.typed() {
        parameters_have_names(parameter, errors);
        if names_only_parameters(function, task) {
            stored_parameters_are_owned(parameter, task, errors);
        }
        states_are_shared(parameter, task, errors);
    }
    recover_belongs_to_calls_that_wait(args, errors);
    resets_belong_to_calls_that_wait(args, errors);
}

fn functions_stand_alone(function: &Function, errors: &mut Errors) {
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        errors.push(receiver.mistake(
            "a method cannot be a task: a worker has no `self` to call it on\n\
             help: write a free function that takes the value as a parameter, and list the parameter in `task(state(…))`",
        ));
        return;
    }
    // An associated function without `Self` looks like a free function.
    if let Some(of_type) = named_type(function.sig.to_token_stream()) {
        errors.push(of_type.mistake(
            "an associated function cannot be a task: `task` defines a type, which an `impl` cannot contain\n\
             help: write a free function, and name the type instead of `Self`",
        ));
    }
}

/// Finds the first `Self`.
fn named_type(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => Some(word).filter(|word| word == "Self"),
        TokenTree::Group(group) => named_type(group.stream()),
        _ => None,
    })
}

fn functions_are_not_generic(function: &Function, errors: &mut Errors) {
    let message = |name: &str, help: &str| {
        format!(
            "a generic function cannot be a task: a stored call does not record `{name}`\n\
             help: {help}"
        )
    };
    for parameter in &function.sig.generics.params {
        let name = match parameter {
            // Another rule reports a borrowed argument; a borrowed state may have a lifetime.
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(ty) => &ty.ident,
            GenericParam::Const(constant) => &constant.ident,
        };
        let message = message(&name.to_string(), "write a function for each type");
        errors.push(parameter.mistake(message));
    }
    for parameter in function.typed().filter(|it| matches!(*it.ty, Type::ImplTrait(_))) {
        let message = message(&quoted(&parameter.ty), "write the type");
        errors.push(parameter.ty.mistake(message));
    }
}

fn listed_parameters_exist(function: &Function, task: &Task, errors: &mut Errors) {
    let names: Vec<String> = function.typed().filter_map(name).map(Ident::to_string).collect();
    let before = task.was.iter().map(|(name, _)| name);
    arguments::exist(task.state.iter().chain(&task.redact).chain(before), &names, errors);
}

/// Whether each name in `state` is a parameter: a name that is none may be a misspelt one, of a state that is a reference.
fn names_only_parameters(function: &Function, task: &Task) -> bool {
    task.state.iter().all(|state| function.typed().filter_map(name).any(|name| name == state))
}

fn parameters_are_listed_once(task: &Task, errors: &mut Errors) {
    for list in [&task.state, &task.redact] {
        for (position, name) in list.iter().enumerate() {
            if list[..position].contains(name) {
                arguments::listed_twice(name, errors);
            }
        }
    }
    for (name, _) in task.was.iter().filter(|(name, _)| task.is_state(name)) {
        errors.push(name.mistake(format!(
            "`{name}` is in `state`, and a state is not stored\n\
             help: remove it from `was`"
        )));
    }
    for name in task.redact.iter().filter(|name| task.is_state(name)) {
        errors.push(name.mistake(format!(
            "`{name}` is in `state`, and a state is neither stored nor shown\n\
             help: remove it from `redact`"
        )));
    }
}

fn parameters_have_names(parameter: &PatType, errors: &mut Errors) {
    if name(parameter).is_none() {
        errors.push(parameter.pat.mistake(
            "the arguments of a task are stored under their names\n\
             help: give this one a name, and destructure it in the body",
        ));
    }
}

fn stored_parameters_are_owned(parameter: &PatType, task: &Task, errors: &mut Errors) {
    let Type::Reference(reference) = &*parameter.ty else { return };
    let Some(name) = name(parameter).filter(|name| !task.is_state(name)) else { return };
    let owned = match quoted(&reference.elem).as_str() {
        "str" => "String".to_owned(),
        other => other.to_owned(),
    };
    errors.push(parameter.ty.mistake(format!(
        "the arguments of a task are stored, and a reference cannot be stored\n\
         help: write `{name}: {owned}`, or `task(state({name}))` if the worker supplies the value"
    )));
}

fn states_are_shared(parameter: &PatType, task: &Task, errors: &mut Errors) {
    let Type::Reference(reference) = &*parameter.ty else { return };
    if reference.mutability.is_none() || !name(parameter).is_some_and(|name| task.is_state(name)) {
        return;
    }
    errors.push(reference.to_token_stream().mistake(
        "all attempts of a worker share its state, so none can borrow it mutably\n\
         help: take `&T`, and keep the parts that change behind a lock",
    ));
}

fn resets_belong_to_calls_that_wait(args: &Args, errors: &mut Errors) {
    if let Some(reset) = &args.reset_after {
        errors.push(reset.key.mistake(
            "`reset_after` and `task` exclude each other: a task's attempts are counted in its store, over all workers\n\
             help: remove `reset_after`, or call the function from the program itself",
        ));
    }
}

fn recover_belongs_to_calls_that_wait(args: &Args, errors: &mut Errors) {
    if let Some(recover) = &args.recover {
        errors.push(recover.key.mistake(
            "`recover` and `task` exclude each other: each attempt of a task is a call, and `recover` would run after each\n\
             help: call the function from another one that has `recover`, or read the state of the task",
        ));
    }
}
