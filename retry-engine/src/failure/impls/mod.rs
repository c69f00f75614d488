//! [`Classify`](super::class::Classify) for other crates' errors, with one file and one feature for each crate.

#[cfg(feature = "anyhow")]
mod anyhow;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "tonic")]
mod retry_info;
#[cfg(feature = "sqlx")]
pub(super) mod sqlx;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "tonic")]
mod tonic;
