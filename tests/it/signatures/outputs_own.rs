//! User-defined outcomes, and outputs that name `Self`.

use std::ops::Deref;

use retry_runtime::{Outcome, retryable};

use super::support::{E, Runs, block_on, sendable};

#[derive(Debug, PartialEq)]
enum Reply<T> {
    Done(T),
    Refused(E),
}

impl<T> Outcome for Reply<T> {
    type Value = T;
    type Error = E;

    fn as_result(&self) -> Result<&T, &E> {
        match self {
            Reply::Done(value) => Ok(value),
            Reply::Refused(error) => Err(error),
        }
    }

    fn into_result(self) -> Result<T, E> {
        match self {
            Reply::Done(value) => Ok(value),
            Reply::Refused(error) => Err(error),
        }
    }

    fn from_result(result: Result<T, E>) -> Self {
        result.map_or_else(Reply::Refused, Reply::Done)
    }
}

#[retryable(base = "0s")]
fn reply(runs: &Runs) -> Reply<u32> {
    Reply::from_result(runs.fail(2))
}

#[retryable(base = "0s")]
async fn reply_async(runs: &Runs) -> Reply<&Runs> {
    match runs.fail_later(2).await {
        Ok(_) => Reply::Done(runs),
        Err(error) => Reply::Refused(error),
    }
}

#[retryable(base = "0s", deadline = "1m")]
async fn reply_within_a_deadline(runs: &Runs) -> Reply<u32> {
    Reply::from_result(runs.fail_later(2).await)
}

struct Fetch {
    runs: Runs,
}

impl Fetch {
    const fn new() -> Self {
        Fetch { runs: Runs::new() }
    }

    #[retryable(base = "0s")]
    fn new_connected(runs: &Runs) -> Result<Self, E> {
        runs.fail(2)?;
        Ok(Self::new())
    }

    #[retryable(base = "0s")]
    async fn refreshed(&self) -> Result<Box<Self>, E> {
        self.runs.fail_later(2).await?;
        Ok(Box::new(Fetch::new()))
    }

    #[retryable(base = "0s")]
    async fn again(&self) -> Option<&Self> {
        self.runs.fail_later(2).await.ok()?;
        Some(self)
    }
}

trait Source {
    type Item<'a>
    where
        Self: 'a;
    type Error;

    fn next(&self) -> Result<Self::Item<'_>, Self::Error>;
}

impl Source for Fetch {
    type Item<'a> = &'a Runs;
    type Error = E;

    #[retryable(base = "0s")]
    fn next(&self) -> Result<Self::Item<'_>, Self::Error> {
        self.runs.fail(2)?;
        Ok(&self.runs)
    }
}

/// An outcome that is an associated type.
trait Ask {
    type Answer;
    fn ask(&self) -> Self::Answer;
}

impl Ask for Fetch {
    type Answer = Result<u32, E>;

    #[retryable(base = "0s")]
    fn ask(&self) -> Self::Answer {
        self.runs.fail(2)
    }
}

struct Checked(Result<u32, E>);

impl Deref for Checked {
    type Target = Result<u32, E>;

    fn deref(&self) -> &Result<u32, E> {
        &self.0
    }
}

impl Outcome for Checked {
    type Value = u32;
    type Error = E;

    fn as_result(&self) -> Result<&u32, &E> {
        self.0.as_ref()
    }

    fn into_result(self) -> Result<u32, E> {
        self.0
    }

    fn from_result(result: Result<u32, E>) -> Self {
        Checked(result)
    }
}

impl Checked {
    #[retryable(base = "0s")]
    fn of(runs: &Runs) -> Self {
        Checked(runs.fail(2))
    }
}

fn back(failure: E, _: &Runs) -> Reply<u32> {
    assert_eq!(failure, E::Busy);
    Reply::Done(0)
}

#[retryable(max = 1, base = "0s", recover = back)]
fn reply_recovered(runs: &Runs) -> Reply<u32> {
    Reply::from_result(runs.fail(9))
}

#[test]
fn user_defined_outcomes_are_retried() {
    assert_eq!(reply(&Runs::new()), Reply::Done(3));
    assert_eq!(Fetch::new_connected(&Runs::new()).map(|fetch| fetch.runs.count()), Ok(0));
    assert_eq!(Fetch::new().next().map(Runs::count), Ok(3));
    assert_eq!(Fetch::new().ask(), Ok(3));
    assert_eq!(Checked::of(&Runs::new()).0, Ok(3));
    let runs = Runs::new();
    assert_eq!(reply_recovered(&runs), Reply::Done(0));
    assert_eq!(runs.count(), 2);
    block_on(async {
        let runs = Runs::new();
        assert!(
            matches!(sendable(reply_async(&runs)).await, Reply::Done(runs) if runs.count() == 3)
        );
        assert_eq!(reply_within_a_deadline(&Runs::new()).await, Reply::Done(3));
        let fetch = Fetch::new();
        assert!(fetch.refreshed().await.is_ok());
        assert_eq!(fetch.runs.count(), 3);
        let fetch = Fetch::new();
        assert_eq!(fetch.again().await.map(|fetch| fetch.runs.count()), Some(3));
    });
}
