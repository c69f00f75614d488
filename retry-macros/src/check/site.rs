//! The rule about values that are evaluated once for the function, before any call.

use crate::errors::{Errors, Mistake, quoted};
use crate::item::function::Function;
use crate::item::tokens::first_of;
use crate::manifest::{self, Named};
use crate::read::args::Args;

/// Generated code names the runtime, and with `task` the crate of tasks.
pub(super) fn the_crates_have_their_names(args: &Args, errors: &mut Errors) {
    if args.krate.is_none() && !args.misread(&["crate"]) {
        manifest::runtime_mistake("retryable").into_iter().for_each(|error| errors.push(error));
    }
    let Some(task) = args.task.as_ref().filter(|task| task.value.krate.is_none()) else { return };
    match manifest::tasks() {
        Named::Itself => {}
        Named::As(name) => errors.push(task.key.mistake(format!(
            "`Cargo.toml` gives `retry-tasks` the name `{name}`\nhelp: write `task(crate = {name})`"
        ))),
        Named::Missing => errors.push(task.key.mistake(
            "`task` needs the crate `retry-tasks`, which `Cargo.toml` does not have\n\
             help: add `retry-tasks = \"0.1\"` to `[dependencies]`, or write `task(crate = …)` where another crate re-exports it",
        )),
    }
}

/// Values of a task are the same for all its calls: the store asks for them without the arguments.
pub(super) fn a_task_computes_no_settings(args: &Args, errors: &mut Errors) {
    if args.task.is_none() {
        return;
    }
    if let Some(label) = &args.label {
        errors.push(label.mistake(
            "`label` tells the calls of a function apart, and a task has an id\n\
             help: leave `label` out: each task is listed by its id and its arguments",
        ));
    }
    for (key, tokens) in args.constants().filter(|(key, _)| args.is_per_call(key)) {
        errors.push(tokens.mistake(format!(
            "`{key}` is computed by each call, and the settings of a task are known without its arguments\n\
             help: use a constant, or settings from configuration"
        )));
    }
}

/// A value that no call computes is a constant: `std::env::var`, `parse` and an atomic's `load` have no value yet when rustc needs it.
pub(super) fn site_values_are_known_to_the_compiler(args: &Args, errors: &mut Errors) {
    for (key, tokens) in args.computable().filter(|(key, _)| !args.is_per_call(key)) {
        let text = quoted(&tokens);
        if ["env::var", ".parse(", ".parse::", ".load("].iter().any(|call| text.contains(call)) {
            errors.push(tokens.mistake(format!(
                "`{key}` is a constant, and the value of `{text}` is known only when the program runs\n\
                 help: make it an argument of the function, as in `{key} = limit`, or set `{key}` in a file that `retry-config` reads"
            )));
        }
    }
}

pub(super) fn site_values_name_no_arguments(function: &Function, args: &Args, errors: &mut Errors) {
    let names = function.names_of_a_call();
    for (key, tokens) in args.constants().filter(|(key, _)| !args.is_per_call(key)) {
        if let Some(word) = first_of(tokens, &names) {
            let (why, help) = match word.to_string().as_str() {
                "Self" => ("a static cannot name `Self`".to_owned(), "write the type's name"),
                name => (
                    format!("`{name}` is known only in a call"),
                    match key {
                        "name" | "measure" => "use a constant",
                        _ => {
                            "use a constant, or compute the whole policy in each call: `policy = …`"
                        }
                    },
                ),
            };
            errors.push(
                word.mistake(format!(
                    "`{key}` is set once for the function, and {why}\nhelp: {help}"
                )),
            );
        }
    }
}
