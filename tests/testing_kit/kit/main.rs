//! The testing kit: the behaviour of a scope, and its messages when it is misused.

mod asserting;
mod explored;
mod faults;
mod misuse;
mod protected;
mod storm;
mod tasks;
mod time;
