//! Stored arguments that do not fit the function.

use crate::machine::finish::AttemptEnd;

/// The reason for which an attempt cannot be made with the stored arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Arguments are missing, or there are others: another version of the program has submitted the task, and a worker of
    /// that version may run it.
    Names(String),
    /// An argument is not a value of its type.
    Type(String),
}

impl Misfit {
    /// The misfit of an argument. `serde_json`'s message may contain the value, so it is left out where the value must not
    /// be shown.
    pub(crate) fn of<T>(name: &str, error: &serde_json::Error, is_redacted: bool) -> Self {
        let message = error.to_string();
        if !is_redacted {
            let text = "the stored argument `{}` does not fit the function: {}";
            return Misfit::Type(text.replacen("{}", name, 1).replacen("{}", &message, 1));
        }
        let kind =
            KINDS.iter().find(|kind| message.starts_with(**kind)).unwrap_or(&"invalid value");
        let of = std::any::type_name::<T>();
        Misfit::Type(format!("the stored argument `{name}` does not fit the type `{of}` ({kind})"))
    }

    pub(crate) fn end(self) -> AttemptEnd {
        match self {
            Misfit::Names(error) => AttemptEnd::misfit(&error),
            Misfit::Type(error) => AttemptEnd::unreadable(&error),
        }
    }
}

/// The beginnings of serde's messages, none of which has a part of the value.
const KINDS: [&str; 7] = [
    "invalid type",
    "invalid value",
    "invalid length",
    "missing field",
    "unknown field",
    "unknown variant",
    "duplicate field",
];
