//! apalis on PostgreSQL: `apalis-postgres URL [TASKS]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use apalis::prelude::*;
use apalis_postgres::{Config, PgPool, PostgresStorage};
use retry_benches_postgres::{Failure, IN_FLIGHT, Queue, Worker, arguments, measure};
use sqlx::postgres::PgPoolOptions;

async fn count(number: u64, done: Data<Arc<AtomicU64>>) -> Result<u64, BoxDynError> {
    done.fetch_add(1, Ordering::Relaxed);
    Ok(number)
}

#[derive(Clone)]
struct Apalis {
    pool: PgPool,
    storage: PostgresStorage<u64>,
}

impl Queue for Apalis {
    async fn push(&self, number: u64) -> Result<(), Failure> {
        let mut storage = self.storage.clone();
        storage.push(number).await.map_err(|error| error.to_string().into())
    }

    async fn worker(&self, done: Arc<AtomicU64>) -> Result<Worker, Failure> {
        let strategy = Strategy::new().interval(Duration::from_millis(5));
        let worker = WorkerBuilder::new("bench")
            .backend(self.storage.clone().poll_with_strategy(strategy))
            .data(done)
            .concurrency(IN_FLIGHT)
            .build(count);
        Ok(Box::pin(async move { Ok(worker.run().await?) }))
    }

    async fn open(&self) -> Result<i64, Failure> {
        let open = "SELECT count(*) FROM apalis.jobs WHERE status <> 'Done'";
        Ok(sqlx::query_scalar(open).fetch_one(&self.pool).await?)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, tasks) = arguments()?;
    let pool = PgPoolOptions::new().max_connections(20).connect(&url).await?;
    PostgresStorage::setup(&pool).await?;
    let config = Config::default().queue("count").batch_size(IN_FLIGHT);
    let storage = PostgresStorage::<u64>::new(&pool).with_config(config);
    measure(Apalis { pool, storage }, tasks).await
}
