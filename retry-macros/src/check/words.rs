//! The rule about words that other libraries have for the absence of a limit, or for `true` and `false`.

use syn::Expr;

use crate::errors::{Errors, Mistake, quoted};
use crate::item::function::Function;
use crate::item::tokens::variable;
use crate::read::args::Args;
use crate::read::key::Keyed;
use crate::read::time::{HintCap, Time};

/// The words for no limit.
const NONE: [&str; 10] = [
    "none",
    "off",
    "unlimited",
    "infinite",
    "infinity",
    "forever",
    "never",
    "no",
    "default",
    "None",
];

/// A value that is a single word names a constant or an argument; these words are none, unless an argument has the name.
pub(super) fn values_are_no_words(function: &Function, args: &Args, errors: &mut Errors) {
    let names = function.names_of_a_call();
    let word = |expr: &Expr, words: &[&str]| {
        let word = variable(expr)?.to_string();
        (words.contains(&&*word) && !names.contains(&word)).then_some(word)
    };
    let times = [
        (&args.base, "write `base = \"0s\"` for no delay"),
        (&args.cap, "write a long duration, such as `cap = \"1h\"`"),
        (&args.deadline, LEAVE_OUT),
        (&args.timeout, LEAVE_OUT),
        (&args.no_retry_after, LEAVE_OUT),
        (&args.reset_after, LEAVE_OUT),
    ];
    for (time, help) in times {
        let Some(Keyed { key, value: Time::Expr(expr) }) = time else { continue };
        if let Some(word) = word(expr, &NONE) {
            let help = help.replace("KEY", &key.to_string());
            errors.push(
                expr.mistake(format!(
                    "`{key}` takes a duration, not the word `{word}`\nhelp: {help}"
                )),
            );
        }
    }
    if let Some(Keyed { value: HintCap::Stop(Time::Expr(expr)), .. }) = &args.hint_cap {
        if let Some(word) = word(expr, &NONE) {
            errors.push(expr.mistake(format!(
                "`hint_cap` takes a duration, not the word `{word}`\n\
                 help: write a long duration, such as `hint_cap = \"1h\"`, or `hint_cap = clamp(\"10s\")` to cut longer hints"
            )));
        }
    }
    for count in [&args.max, &args.attempts].into_iter().flatten() {
        if let Some(word) =
            word(&count.value, &["none", "None", "off", "no", "never", "zero", "default"])
        {
            errors.push(count.value.mistake(format!(
                "`{}` takes a number, not the word `{word}`\n\
                 help: write `max = 0` for no retry, or `attempts = forever` for no limit",
                count.key
            )));
        }
    }
    for flag in [&args.idempotent, &args.inherit, &args.measure].into_iter().flatten() {
        let written = quoted(&flag.value);
        let value = match word(
            &flag.value,
            &["yes", "no", "on", "off", "True", "False", "maybe", "never", "always"],
        ) {
            Some(word) => !matches!(&*word, "no" | "off" | "False" | "never"),
            None => continue,
        };
        let (key, help) = (
            &flag.key,
            if value && flag.key == "idempotent" {
                "idempotent".to_owned()
            } else {
                format!("{} = {value}", flag.key)
            },
        );
        errors.push(flag.value.mistake(format!(
            "`{key}` must be `true` or `false`, not `{written}`\nhelp: write `{help}`"
        )));
    }
}

/// Whether the time is such a word.
pub(super) fn is_none(time: &Time) -> bool {
    matches!(time, Time::Expr(expr) if variable(expr).is_some_and(|word| NONE.iter().any(|none| word == none)))
}

const LEAVE_OUT: &str = "leave `KEY` out for no limit";
