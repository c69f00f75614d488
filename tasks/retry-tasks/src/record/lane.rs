//! The lanes in which open tasks wait, so that a claim finds its tasks without a search.

use serde::{Deserialize, Serialize};

use crate::base::names::named;

named! {
    /// The place in which an open task waits for its next attempt.
    ///
    /// ```
    /// # use retry_tasks::{NewTask, Record, Time, Lane};
    ///
    /// # let task = NewTask {
    /// #     name: "mail::send".into(),
    /// #     arguments: r#"{"to":"a@example.com"}"#.into(),
    /// #     limit: Some(4),
    /// #     ..NewTask::default()
    /// # };
    /// let record = Record::new(task, Time::from_millis(0)); // of a task without a delay
    /// assert_eq!(record.lane, Some(Lane::Ready));
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    pub enum Lane {
        /// The task is due and its attempt is free: the greatest priority first, then the longest due.
        Ready = "ready",
        /// The attempt is free and not due yet: in the order of due times. A claim moves the task to
        /// [`Ready`](Lane::Ready) when its time has come.
        Later = "later",
        /// The bucket of the function pays for the attempt: in the order of due times. A task whose time has come is held
        /// until the bucket has enough tokens.
        Paying = "paying",
        /// An attempt is running.
        Leased = "leased",
    }
}
