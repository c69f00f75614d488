//! Measures the throughput of a store in a PostgreSQL database: `cargo run --release -p retry-tasks-postgres --example
//! throughput_postgres -- URL [TASKS]`. The tasks are in the schema `retry_tasks_throughput`, which the program does not remove.

use retry_tasks_postgres::PostgresBuilder;

#[path = "../../retry-tasks/examples/throughput/measure.rs"]
mod measure;

use measure::{Failure, measure};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("name the database: postgres://USER@HOST/DATABASE")?;
    let tasks: u64 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let store = PostgresBuilder::new(url).schema("retry_tasks_throughput").open().await?;
    measure(store, tasks).await
}
