//! Inherent methods and associated functions.

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[derive(Default)]
struct Desk {
    runs: Runs,
    log: Vec<u32>,
    inner: Inner,
}

#[derive(Default)]
struct Inner {
    runs: Runs,
    items: Vec<u32>,
}

impl Inner {
    async fn next(&mut self) -> Result<Option<Vec<u32>>, E> {
        let run = self.runs.fail_later(2).await?;
        self.items.push(run);
        Ok(Some(self.items.clone()))
    }

    async fn call(&self, _: &str) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }
}

impl Desk {
    #[retryable(base = "0s")]
    fn by_reference(&self) -> Result<u32, E> {
        self.runs.fail(2)
    }

    #[retryable(base = "0s")]
    async fn by_reference_async(&self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    fn by_mutable_reference(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail(2)?;
        Ok(self.log.len())
    }

    #[retryable(base = "0s")]
    async fn by_mutable_reference_async(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail_later(2).await?;
        self.log.push(by);
        Ok(self.log.len())
    }

    /// The example of backon's issue on `&mut self`.
    #[retryable(base = "0s")]
    async fn next(&mut self) -> Result<Option<Vec<u32>>, E> {
        self.inner.next().await
    }

    #[retryable(base = "0s")]
    async fn hands_over(&self, name: &str) -> Result<u32, E> {
        self.inner.call(name).await
    }

    #[retryable(base = "0s")]
    fn associated(runs: &Runs) -> Result<Self, E> {
        runs.fail(1)?;
        Ok(Self::default())
    }

    #[retryable(base = "0s")]
    async fn associated_async(runs: &Runs) -> Result<Self, E> {
        runs.fail_later(1).await?;
        Ok(Desk::default())
    }

    #[retryable(base = "0s")]
    async fn splits(&mut self, other: &mut Vec<u32>) -> Result<usize, E> {
        let Desk { runs, log, .. } = self;
        log.push(1);
        other.push(2);
        runs.fail_later(1).await?;
        Ok(log.len() + other.len())
    }

    #[retryable(base = "0s")]
    pub(crate) async fn calls_another(&mut self) -> Result<usize, E> {
        self.by_reference_async().await?;
        self.by_mutable_reference(1)
    }
}

struct Generic<T> {
    value: T,
    runs: Runs,
}

impl<T: Clone + Send + Sync> Generic<T> {
    #[retryable(base = "0s")]
    async fn value(&self) -> Result<T, E> {
        self.runs.fail_later(2).await?;
        Ok(self.value.clone())
    }

    #[retryable(base = "0s")]
    fn replace<U: Into<T> + Clone>(&mut self, value: &U) -> Result<&'static str, E> {
        self.value = value.clone().into();
        self.runs.fail(2)?;
        Ok("replaced")
    }
}

struct Borrowing<'a> {
    name: &'a str,
    runs: &'a Runs,
}

impl<'a> Borrowing<'a> {
    #[retryable(base = "0s")]
    fn name(&self) -> Result<&'a str, E> {
        self.runs.fail(2)?;
        Ok(self.name)
    }

    #[retryable(base = "0s")]
    async fn name_async(&mut self) -> Result<&'a str, E> {
        self.runs.fail_later(2).await?;
        Ok(self.name)
    }
}

#[test]
fn methods_are_retried() {
    let mut desk = Desk::default();
    assert_eq!(desk.by_reference(), Ok(3));
    assert_eq!(Desk::default().by_mutable_reference(7), Ok(3));
    assert_eq!(desk.by_mutable_reference(7), Ok(1));
    assert!(Desk::associated(&Runs::new()).is_ok());
    let mut generic = Generic { value: String::new(), runs: Runs::new() };
    assert_eq!(generic.replace(&"new"), Ok("replaced"));
    assert_eq!((generic.value.as_str(), generic.runs.count()), ("new", 3));
    let runs = Runs::new();
    assert_eq!(Borrowing { name: "n", runs: &runs }.name(), Ok("n"));
    assert_eq!(runs.count(), 3);
}

#[test]
fn async_methods_are_retried() {
    block_on(async {
        assert_eq!(sendable(Desk::default().by_reference_async()).await, Ok(3));
        assert_eq!(sendable(Desk::default().by_mutable_reference_async(7)).await, Ok(4));
        assert_eq!(sendable(Desk::default().next()).await, Ok(Some(vec![3])));
        assert_eq!(sendable(Desk::default().hands_over("x")).await, Ok(3));
        assert!(Desk::associated_async(&Runs::new()).await.is_ok());
        assert_eq!(Desk::default().splits(&mut Vec::new()).await, Ok(4));
        assert_eq!(Desk::default().calls_another().await, Ok(1));
        let generic = Generic { value: 5_u8, runs: Runs::new() };
        assert_eq!(sendable(generic.value()).await, Ok(5));
        assert_eq!(generic.runs.count(), 3);
        let runs = Runs::new();
        let name = Borrowing { name: "n", runs: &runs }.name_async().await;
        assert_eq!((name, runs.count()), (Ok("n"), 3));
    });
}
