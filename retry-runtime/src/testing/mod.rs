#![doc = include_str!("guide.md")]

mod assertion;
mod effect;
mod explore;
mod exploring;
mod fault;
mod into_duration;
mod log;
mod names;
mod rule;
mod schedule;
mod scope;
mod shared;
mod sleep;
mod time;
mod twins;
mod wrap;

pub use assertion::Assert;
pub use effect::{effect, effect_once};
pub use explore::{Doubled, Exploration};
pub use exploring::{Fate, Step};
pub use fault::Fault;
pub use into_duration::IntoDuration;
pub use schedule::{Schedule, schedule};
pub use scope::{Scope, scope};
pub(crate) use shared::Within;
pub(crate) use sleep::{block, limit, never, pause};
pub use wrap::Wrapped;
