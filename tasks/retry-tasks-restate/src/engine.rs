//! Everything that the store, the objects and the attempts of one process share.

use std::sync::Arc;
use std::time::Duration;

use retry_tasks::machine::{Ask, Task};
use retry_tasks::store::Bulletin;
use retry_tasks::{Clock, StoreError, SystemClock, TaskId, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::{Failure, Servers};
use crate::limits::Limits;
use crate::protocol::{Answer, KEY, Request, TASK};
use crate::query;
use crate::slots::Slots;

/// How long a question about a task waits for a worker.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) ingress: Servers,
    pub(crate) admin: Servers,
    pub(crate) bulletin: Bulletin,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) limits: Limits,
}

impl Engine {
    pub(crate) fn new(ingress: Servers, admin: Servers, limits: Limits) -> Self {
        let (clock, slots) = (Arc::new(SystemClock::new()), Arc::default());
        Engine { ingress, admin, bulletin: Bulletin::new(), clock, slots, limits }
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// Calls a handler of a task's object.
    pub(crate) async fn task<In: Serialize, Out: DeserializeOwned>(
        &self,
        id: TaskId,
        handler: &str,
        body: &In,
    ) -> Result<Out, Failure> {
        self.ingress.post(&format!("/{TASK}/{id}/{handler}"), None, body).await
    }

    /// Reads a task. The handlers of its object run in the workers' processes: while none of them answers, a query of the server's
    /// state reads the task.
    pub(crate) async fn load(
        &self,
        id: TaskId,
        attempts: bool,
    ) -> Result<Option<Task>, StoreError> {
        let loaded = self.task(id, "load", &attempts);
        if self.admin.are_none() {
            return Ok(loaded.await?);
        }
        match tokio::time::timeout(PATIENCE, loaded).await {
            Ok(Ok(task)) => Ok(task),
            Err(_) | Ok(Err(Failure::Unreachable { .. })) => {
                Ok(query::tasks(&self.admin, &[id]).await?.remove(&id))
            }
            Ok(Err(failure)) => Err(failure.into()),
        }
    }

    /// Calls a handler of a key's object.
    pub(crate) async fn key<In: Serialize, Out: DeserializeOwned>(
        &self,
        name: &str,
        key: &str,
        handler: &str,
        repeatable_as: Option<&str>,
        body: &In,
    ) -> Result<Out, Failure> {
        let key = escaped(&format!("{name} {key}"));
        self.ingress.post(&format!("/{KEY}/{key}/{handler}"), repeatable_as, body).await
    }

    /// Asks a task, and tells what has happened. `None`: there is no such task.
    pub(crate) async fn ask(
        &self,
        id: TaskId,
        ask: Ask,
        ticket: Option<u64>,
    ) -> Result<Option<Answer>, StoreError> {
        let is_order = matches!(ask, Ask::Order(_));
        let request = Request { now: self.now(), ask, ticket, alone: false };
        // An order is no longer allowed after itself, so that its repetition would be refused.
        let unique = is_order.then(|| retry_runtime::CallId::unique().to_string());
        let path = format!("/{TASK}/{id}/ask");
        let answer: Option<Answer> = self.ingress.post(&path, unique.as_deref(), &request).await?;
        if let Some(answer) = &answer {
            self.tell(answer, request.now);
        }
        Ok(answer)
    }

    pub(crate) fn tell(&self, answer: &Answer, now: Time) {
        self.bulletin.tell(&answer.record, now, answer.told.clone());
    }
}

/// A text as one segment of a path.
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut path, byte| {
        match is_plain(byte) {
            true => path.push(char::from(byte)),
            false => path.push_str(&format!("%{byte:02X}")),
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_one_segment_of_a_path() {
        assert_eq!(escaped("mail::send {\"to\":1}/?"), "mail%3A%3Asend%20%7B%22to%22%3A1%7D%2F%3F");
    }
}
