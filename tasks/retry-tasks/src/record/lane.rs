//! The lanes in which open tasks wait, so that a claim finds its tasks without a search.

use crate::base::names::named;

named! {
    /// The place in which an open task waits for its next attempt.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
