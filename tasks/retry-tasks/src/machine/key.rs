//! Unique keys: the default key of a task, and how long a task answers for its key.

use serde_json::{Map, Value};

use crate::base::time::Time;
use crate::record::{Record, state::State};

/// The arguments as a text. Equal arguments have equal texts, because the map is sorted by name.
pub(crate) fn of_arguments(arguments: &Map<String, Value>) -> String {
    Value::Object(arguments.clone()).to_string()
}

impl Record {
    /// Whether a new submission with the same key gets this task instead of a task of its own.
    pub fn answers_for_key(&self, now: Time) -> bool {
        match self.state {
            State::Complete => match (self.ended_at, self.valid_for) {
                (Some(ended), Some(valid)) => now < ended + valid,
                _ => true,
            },
            State::Failed { .. } | State::Cancelled => false,
            _ => true,
        }
    }
}
