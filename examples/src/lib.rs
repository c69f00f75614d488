//! Shared by the examples: misbehaving servers, child programs, and printing the outcome of calls.

pub mod bad_server;
#[cfg(unix)]
pub mod docker_daemon;
#[cfg(unix)]
mod docker_stand_in;
pub mod front;
mod front_stand_in;
pub mod lab;
pub mod line_server;
pub mod story;

// The examples of the front page compile; this package has every crate that they name.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

// So does the page of recipes.
#[cfg(doctest)]
#[doc = include_str!("../../retry-runtime/src/recipes.md")]
struct Recipes;
