//! Runs `retry tasks` as a person would, next to the program that owns the tasks.

mod counting;
mod files;
mod lab;
mod listing;
mod orders;
mod retrying;
mod showing;
mod watching;
mod worker;
