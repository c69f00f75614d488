#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempts;
mod beside;
mod builder;
mod clock;
mod columns;
mod connect;
mod course;
mod error;
mod fresh;
mod held;
mod memory;
mod news;
mod overlay;
mod queries;
mod queues;
mod row;
mod rows;
mod schema;
mod table;
#[cfg(feature = "rustls")]
mod tls;
mod touch;
mod transaction;

pub use beside::{Schema, submit_in};
pub use builder::PostgresBuilder;

use retry_tasks::{StoreError, Tasks};

/// The schema of the tables where none is named.
const SCHEMA: &str = "retry_tasks";

/// Opens the store in the schema `retry_tasks` of this database, which is created if it does not exist. Several programs on
/// several machines may share it.
///
/// [`PostgresBuilder`] has the settings.
///
/// ```no_run
/// # async fn open() -> Result<(), retry_tasks::StoreError> {
/// let tasks = retry_tasks_postgres::open("postgres://app@db.example.com/app").await?;
/// # drop(tasks);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The same as of [`PostgresBuilder::open`].
///
/// # Cancel safety
///
/// The same as of [`PostgresBuilder::open`].
pub async fn open(url: impl Into<String>) -> Result<Tasks, StoreError> {
    PostgresBuilder::new(url).open().await
}
