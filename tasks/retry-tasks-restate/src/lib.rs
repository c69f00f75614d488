#![doc = include_str!("guide.md")]

mod attempt;
mod builder;
mod engine;
mod http;
mod kept;
mod limits;
mod object;
mod protocol;
mod query;
mod slots;
mod store;

pub use builder::Restate;
