//! What was probably meant: the argument behind another library's name for it, and the nearest name.

use retry_text::{elsewhere, nearest};

use crate::read::args::TABLE;
use crate::read::form::Form;
use crate::read::items::Written;

/// The argument that a wrong name stands for, if there is one, and the message about it.
pub(crate) fn argument(written: &Written) -> (Option<&'static str>, String) {
    let word = written.key.to_string();
    // The second kind of `on = Transient, Throttled`.
    if matches!(written.form, Form::Bare) && word.starts_with(char::is_uppercase) {
        let help = "kinds are listed in one argument: `on = Transient | Throttled`";
        return (None, format!("unknown argument `{word}`\nhelp: {help}"));
    }
    let meant = meant(&word);
    let help = match meant {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the arguments are {}", names().join(", ")),
    };
    (meant, format!("unknown argument `{word}`\nhelp: {help}"))
}

fn names() -> Vec<&'static str> {
    TABLE.iter().map(|row| row.name).collect()
}

/// The argument of that name elsewhere, else the nearest, else the one whose name elsewhere is nearest.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    elsewhere::ours(&word).or_else(|| nearest(&word, &names())).or_else(|| elsewhere::nearly(&word))
}
