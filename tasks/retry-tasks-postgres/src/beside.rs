//! Submissions in a transaction of the caller's own: the task is there if and only if the caller's rows are.

use retry_tasks::machine::{Ask, Reply, Task as Entity, apply};
use retry_tasks::{NewTask, Record, StoreError, Submitted, Task, TaskError, TaskId, Time};
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row, Transaction};

use super::builder::check_schema;
use super::connect::qualified;
use super::error::{failure, other};
use super::overlay::{INSERT, UPDATE};
use super::row::{TaskRow, storable, time};
use super::rows::select;
use super::transaction::TIME;

/// The schema of a store, for submissions in a transaction of the caller's own.
///
/// ```no_run
/// # use retry_runtime::retryable;
/// # #[retryable(on = any, task)]
/// # async fn send_invoice(order: i64) -> Result<i64, String> { Ok(order) }
/// use retry_tasks_postgres::Schema;
///
/// # async fn order(client: &mut tokio_postgres::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let jobs = Schema::named("jobs")?;
/// let transaction = client.transaction().await?;
/// transaction.execute("INSERT INTO orders (id) VALUES (7)", &[]).await?;
/// jobs.submit_in(&transaction, send_invoice::task(7)).await?;
/// transaction.commit().await?;
/// jobs.announce(&*client).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(String);

impl Default for Schema {
    /// The schema `retry_tasks`.
    fn default() -> Self {
        Schema(super::SCHEMA.to_owned())
    }
}

impl Schema {
    /// The schema with this name, as in [`PostgresBuilder::schema`](crate::PostgresBuilder::schema).
    ///
    /// # Errors
    ///
    /// It cannot be the name of a schema.
    pub fn named(name: &str) -> Result<Self, StoreError> {
        check_schema(name)?;
        Ok(Schema(name.to_owned()))
    }

    /// Submits a task in this transaction: it is stored when the transaction is committed, and never if it is rolled back.
    /// A worker starts it when it looks for tasks the next time, 5 s later at most by default, or at once after
    /// [`announce`](Self::announce).
    ///
    /// # Errors
    ///
    /// The arguments cannot be written as JSON, or the database refuses; the transaction cannot be committed then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the task in the transaction.
    pub async fn submit_in<Out>(
        &self,
        transaction: &Transaction<'_>,
        task: Task<Out>,
    ) -> Result<TaskId, TaskError> {
        Ok(self.submit(transaction, task.into_new(None)?).await?.id)
    }

    /// Submits a task in this transaction unless another one answers for the key, as
    /// [`Tasks::submit_unique`](retry_tasks::Tasks::submit_unique) does. Another transaction with the same key waits for the
    /// end of this one.
    ///
    /// # Errors
    ///
    /// The same as of [`submit_in`](Self::submit_in).
    ///
    /// # Cancel safety
    ///
    /// The same as of [`submit_in`](Self::submit_in).
    pub async fn submit_unique_in<Out>(
        &self,
        transaction: &Transaction<'_>,
        key: impl Into<String>,
        task: Task<Out>,
    ) -> Result<Submitted, TaskError> {
        Ok(self.submit(transaction, task.into_new(Some(key.into()))?).await?)
    }

    /// Tells the workers that there are new tasks. Call this after the commit: a `NOTIFY` inside of a transaction makes all
    /// commits of the database wait for each other.
    ///
    /// # Errors
    ///
    /// The database cannot be reached. The tasks are stored nevertheless.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses at most the announcement.
    pub async fn announce(&self, client: &impl GenericClient) -> Result<(), StoreError> {
        let notify = format!("NOTIFY {}, 'due'", super::news::channel(&self.0));
        client.batch_execute(&notify).await.map_err(|error| refused(&error))
    }

    async fn submit(
        &self,
        transaction: &Transaction<'_>,
        task: NewTask,
    ) -> Result<Submitted, StoreError> {
        let told = transaction.query_one(TIME, &[]).await.map_err(|error| refused(&error))?;
        let now = time(told.get(0));
        if let Some(id) = task.id {
            let sql = select!("WHERE t.id = $1::text::uuid FOR UPDATE");
            if !self.query(transaction, sql, &[&id.to_string()]).await?.is_empty() {
                return Ok(Submitted { id, existing: true });
            }
        }
        let (new, _) = Entity::submit(task, now);
        let record = new.record;
        // Another transaction may take the key between the look and the insertion.
        for _ in 0..3 {
            if let Some(submitted) = self.answer(transaction, &record, now).await? {
                return Ok(submitted);
            }
            if self.insert(transaction, &record).await? {
                return Ok(Submitted { id: record.id, existing: false });
            }
        }
        Err(other("other transactions take the key again and again; submit again".to_owned()))
    }

    /// The task that answers for the key. One that does not gives the key away.
    async fn answer(
        &self,
        transaction: &Transaction<'_>,
        record: &Record,
        now: Time,
    ) -> Result<Option<Submitted>, StoreError> {
        let Some(key) = &record.key else { return Ok(None) };
        let sql = select!("WHERE t.name = $1 AND t.unique_key = $2 FOR UPDATE");
        let params: [&(dyn ToSql + Sync); 2] = [&storable(&record.name), &storable(key)];
        let found = self.query(transaction, sql, &params).await?;
        let Some(holder) = found.first() else { return Ok(None) };
        let mut holder = Entity::of(super::row::record(holder));
        if let (Reply::Answers(id), _) = apply(&mut holder, Ask::YieldKey, now) {
            return Ok(Some(Submitted { id, existing: true }));
        }
        self.query(transaction, &UPDATE, &[&rows(&holder.record)?]).await?;
        Ok(None)
    }

    /// Inserts a task; `false` when another one has its key.
    async fn insert(
        &self,
        transaction: &Transaction<'_>,
        record: &Record,
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "{INSERT} ON CONFLICT (name, unique_key) WHERE unique_key IS NOT NULL DO NOTHING RETURNING 1"
        );
        Ok(!self.query(transaction, &sql, &[&rows(record)?]).await?.is_empty())
    }

    async fn query(
        &self,
        transaction: &Transaction<'_>,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let sql = qualified(sql, &self.0);
        transaction.query(&sql, params).await.map_err(|error| refused(&error))
    }
}

/// The row as the parameter of a statement.
fn rows(record: &Record) -> Result<String, StoreError> {
    serde_json::to_string(&[TaskRow::from(record)]).map_err(|error| other(error.to_string()))
}

fn refused(error: &tokio_postgres::Error) -> StoreError {
    let server = "the connection of the caller";
    failure(error, server, std::time::Duration::ZERO).into()
}

/// Submits a task in this transaction to the store in the schema `retry_tasks`: [`Schema::submit_in`].
///
/// ```no_run
/// # use retry_runtime::retryable;
/// # #[retryable(on = any, task)]
/// # async fn send_invoice(order: i64) -> Result<i64, String> { Ok(order) }
/// use retry_tasks_postgres::submit_in;
///
/// # async fn order(client: &mut tokio_postgres::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let transaction = client.transaction().await?;
/// transaction.execute("INSERT INTO orders (id) VALUES (7)", &[]).await?;
/// submit_in(&transaction, send_invoice::task(7)).await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The same as of [`Schema::submit_in`].
///
/// # Cancel safety
///
/// The same as of [`Schema::submit_in`].
pub async fn submit_in<Out>(
    transaction: &Transaction<'_>,
    task: Task<Out>,
) -> Result<TaskId, TaskError> {
    Schema::default().submit_in(transaction, task).await
}
