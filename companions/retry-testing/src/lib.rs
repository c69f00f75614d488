#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod assertion;
mod base;
#[cfg(feature = "chaos")]
pub mod chaos;
mod clock;
mod effect;
mod explore;
mod exploring;
mod fault;
mod interceptor;
mod into_duration;
mod log;
mod make;
mod names;
mod rule;
mod schedule;
mod scope;
mod shared;
mod sleep;
#[cfg(feature = "storm")]
pub mod storm;
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
pub use wrap::Wrapped;
