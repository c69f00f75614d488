//! The testing kit: what a scope does, and what it says when it is misused.

mod asserting;
mod explored;
mod faults;
mod misuse;
mod protected;
mod tasks;
mod time;
