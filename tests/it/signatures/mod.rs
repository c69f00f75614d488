//! Every form that an annotated function can have: each is called, fails at first, and must have been run
//! again the number of times that is asserted.
//!
//! The modules are written so that they compile in every edition; `tests/edition` runs them in 2018 and
//! 2021 as well.

mod arguments;
mod arguments_called;
mod async_traits;
mod async_traits_orders;
mod attributes;
mod bodies;
mod concurrent;
mod control;
mod corners;
mod free;
mod futures;
mod futures_tails;
mod generics;
mod instrumented;
mod lifetimes;
mod lints;
mod made_by_macros;
mod methods;
mod outputs;
mod outputs_own;
mod owned;
mod patterns;
mod receivers;
mod runtimes;
mod send;
pub(crate) mod support;
mod traits;
mod users;
