//! Every form that an annotated function can have. Each function fails at first and must be retried the asserted
//! number of times.
//!
//! The modules compile in every edition; `tests/edition2018` and `tests/edition2021` run them in those editions.

mod arguments;
mod arguments_called;
mod async_traits;
mod async_traits_orders;
mod attributes;
mod bodies;
mod bodies_with_items;
mod concurrent;
mod control;
mod corners;
mod free;
mod futures;
mod futures_owned;
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
mod parameter_names;
mod patterns;
mod receivers;
mod ref_mut;
mod runtimes;
mod send;
pub(crate) mod support;
mod traits;
mod users;
