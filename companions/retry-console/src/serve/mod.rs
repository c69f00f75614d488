//! The console as a web service: who may ask, the pages, the API and its orders.

pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod guard;
pub(crate) mod orders;
pub(crate) mod pages;
pub(crate) mod passing;
pub(crate) mod simulate;
pub(crate) mod stream;
#[cfg(feature = "tasks")]
pub(crate) mod tasks;
#[cfg(feature = "tasks")]
pub(crate) mod workers;
