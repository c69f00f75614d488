//! Graphile Worker in Rust: `graphile-worker URL [TASKS [single]]`. With `single`, completions are not batched and tasks are
//! fetched one by one, as by default. A task that is done is removed: there is no history and no result.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, WorkerContext, WorkerOptions,
    WorkerUtils,
};
use retry_benches_postgres::{Failure, IN_FLIGHT, Queue, Worker, arguments, measure};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions};

#[derive(Clone, Debug)]
struct Done(Arc<AtomicU64>);

#[derive(Deserialize, Serialize)]
struct Count {
    number: u64,
}

impl TaskHandler for Count {
    const IDENTIFIER: &'static str = "count";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        if let Some(done) = context.get_ext::<Done>() {
            done.0.fetch_add(1, Ordering::Relaxed);
        }
        // A result cannot be kept.
        Ok::<(), String>(())
    }
}

#[derive(Clone)]
struct Graphile {
    pool: PgPool,
    utils: WorkerUtils,
    is_single: bool,
}

fn options(pool: &PgPool) -> WorkerOptions {
    WorkerOptions::default().concurrency(IN_FLIGHT).pg_pool(pool.clone()).define_job::<Count>()
}

impl Queue for Graphile {
    async fn push(&self, number: u64) -> Result<(), Failure> {
        self.utils.add_job(Count { number }, JobSpec::default()).await?;
        Ok(())
    }

    async fn worker(&self, done: Arc<AtomicU64>) -> Result<Worker, Failure> {
        let mut options =
            options(&self.pool).add_extension(Done(done)).poll_interval(Duration::from_millis(5));
        if !self.is_single {
            options = options
                .complete_job_batch_delay(Duration::from_millis(5))
                .local_queue(LocalQueueConfig::default().with_size(500));
        }
        let worker = options.init().await?;
        Ok(Box::pin(async move { Ok(worker.run().await?) }))
    }

    async fn open(&self) -> Result<i64, Failure> {
        let open = "SELECT count(*) FROM graphile_worker._private_jobs";
        Ok(sqlx::query_scalar(open).fetch_one(&self.pool).await?)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, tasks) = arguments()?;
    let is_single = std::env::args().nth(3).is_some_and(|word| word == "single");
    let pool = PgPoolOptions::new().max_connections(20).connect(&url).await?;
    // Migrates the schema.
    let utils = options(&pool).init().await?.create_utils();
    measure(Graphile { pool, utils, is_single }, tasks).await
}
