//! `#[derive(Classify)]`: the run-time behaviour of each form.

use std::time::Duration;

use retry_runtime::{Class, Classify, Kind};

const TWO: Duration = Duration::from_secs(2);

fn class(kind: Kind) -> Class {
    Class::new(kind)
}

mod descriptions;
mod elsewhere;
mod expressions;
mod generics;
mod hints;
mod hostile_surroundings;
mod inner_failures;
mod interruptions;
mod kinds;
mod messages;
mod other_places;
mod statuses;
