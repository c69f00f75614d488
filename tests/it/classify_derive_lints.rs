//! The code that the derive generates must compile in a crate that denies every lint.

#![deny(warnings, unused, missing_docs, nonstandard_style, rust_2018_idioms)]
#![deny(
    unused_qualifications,
    unreachable_pub,
    single_use_lifetimes,
    trivial_casts,
    unused_results
)]
#![deny(trivial_numeric_casts, variant_size_differences, missing_debug_implementations)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
#![deny(
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::infinite_loop,
    clippy::min_ident_chars,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::pattern_type_mismatch,
    clippy::rest_pat_in_fully_bound_structs,
    clippy::shadow_unrelated,
    clippy::single_char_lifetime_names,
    clippy::unneeded_field_pattern,
    clippy::wildcard_enum_match_arm
)]
#![allow(
    dead_code,
    clippy::allow_attributes_without_reason,
    clippy::single_char_lifetime_names,
    clippy::min_ident_chars,
    missing_debug_implementations,
    missing_docs,
    reason = "about the types below, not about what is derived for them"
)]

use std::borrow::Cow;
use std::time::Duration;

use retry_runtime::{Classify, Kind};

#[derive(Classify)]
enum Every<'a, T, const N: usize = 1> {
    #[classify(transient)]
    Unit,
    #[classify(transient)]
    SameAgain,
    #[classify(throttled, after = wait)]
    Named { wait: Option<Duration>, text: &'a str },
    #[classify(status = 0, after = 1)]
    Tuple(u16, String),
    #[classify(inherit)]
    Inner(T),
    #[classify(kind = if *code == N { Kind::Transient } else { Kind::Permanent })]
    Computed { code: usize, unused: u8 },
    #[deprecated]
    #[classify(permanent)]
    #[expect(non_camel_case_types, non_snake_case)]
    old { oldField: u8 },
    #[classify(after = oldField)]
    #[expect(non_camel_case_types, non_snake_case)]
    older { oldField: Cow<'a, str> },
    #[classify(inherit)]
    Other(Private<u8>),
}

#[derive(Classify)]
enum Nothing {}

#[derive(Classify)]
#[classify(inherit)]
struct Wrapper<T>(Private<T>);

#[derive(Classify)]
#[classify(permanent)]
struct Private<T>(T);

#[derive(Classify, thiserror::Error, Debug)]
#[classify(messages)]
#[error("{0}")]
struct Message(String);

#[derive(Classify)]
#[classify(permanent)]
struct Unit;

#[deprecated]
#[derive(Classify)]
#[classify(permanent)]
struct Deprecated;

#[test]
fn the_types_of_this_module_compile_under_denied_lints() {}
