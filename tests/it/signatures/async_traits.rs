//! Methods under `#[async_trait]`, which rewrites them before `#[retryable]` expands.

use std::sync::Arc;

use async_trait::async_trait;
use retry_runtime::{RetryError, retryable};

use super::support::{E, Runs, block_on, sendable};

#[async_trait]
trait Client: Send {
    fn runs(&self) -> &Runs;
    async fn get(&self, key: &str) -> Result<u32, E>;
    async fn put(&mut self, key: String, values: Vec<u32>) -> Result<usize, E>;
    async fn generic<T: Into<u32> + Copy + Send + Sync>(&self, add: T) -> Result<u32, E>;
    async fn opaque(
        &self,
        add: impl Into<u32> + Copy + Send + Sync + 'async_trait,
    ) -> Result<u32, E>;
    async fn borrowed<'a>(&'a self, text: &'a str) -> Result<&'a str, E>;
    async fn elided(&self) -> Result<&Runs, E>;
    async fn arc(self: Arc<Self>) -> Result<u32, E>;
    async fn boxed(self: Box<Self>) -> Result<u32, E>;
    async fn owned(self) -> Result<u32, E>
    where
        Self: Sized;
    async fn mutable(mut self) -> Result<u32, E>
    where
        Self: Sized;
    async fn unit(&self) -> Result<(), Box<dyn std::error::Error>>;
    async fn patterns(&self, (a, b): (u32, u32), _: u8, [c, d]: [u32; 2]) -> Result<u32, E>;
    async fn associated(runs: &Runs) -> Result<u32, E>;
    async fn option(&self) -> Option<u32>;
    async fn cloned(&self, name: String) -> Result<String, E>;
    async fn cloned_mutable(&self, name: String) -> Result<String, E>;
    async fn kept(&self, count: u32) -> Result<u32, E>;
    async fn recovered(&mut self, name: String, pair: (u32, u32)) -> Result<usize, E>;
    async fn reported(&self) -> Result<u32, RetryError<E>>;
    async fn hooked(&self, limit: u32) -> Result<u32, E>;

    #[retryable(base = "0s")]
    async fn by_default(&self, add: u32) -> Result<u32, E>
    where
        Self: Sync,
    {
        Ok(self.runs().fail_later(2).await? + add)
    }

    #[retryable(base = "0s")]
    async fn by_default_mutable(&mut self, key: &str) -> Result<u32, E>
    where
        Self: Sync,
    {
        self.get(key).await
    }
}

#[derive(Default)]
struct Http {
    runs: Runs,
    seen: Vec<String>,
    hooks: Runs,
}

impl Http {
    async fn back(&mut self, failure: E, name: String, pair: (u32, u32)) -> Result<usize, E> {
        assert_eq!(failure, E::Busy);
        self.seen.push(name);
        Ok(self.seen.len() + (pair.0 + pair.1) as usize)
    }
}

#[async_trait]
impl Client for Http {
    fn runs(&self) -> &Runs {
        &self.runs
    }

    #[retryable(base = "0s")]
    async fn get(&self, key: &str) -> Result<u32, E> {
        let _ = key;
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    async fn put(&mut self, key: String, values: Vec<u32>) -> Result<usize, E> {
        self.seen.push(key.clone());
        self.runs.fail_later(2).await?;
        Ok(self.seen.len() + values.len())
    }

    #[retryable(base = "0s")]
    async fn generic<T: Into<u32> + Copy + Send + Sync>(&self, add: T) -> Result<u32, E> {
        Ok(self.runs.fail_later(2).await? + add.into())
    }

    #[retryable(base = "0s")]
    async fn opaque(
        &self,
        add: impl Into<u32> + Copy + Send + Sync + 'async_trait,
    ) -> Result<u32, E> {
        Ok(self.runs.fail_later(2).await? + add.into())
    }

    #[retryable(base = "0s")]
    async fn borrowed<'a>(&'a self, text: &'a str) -> Result<&'a str, E> {
        self.runs.fail_later(2).await?;
        Ok(&text[1..])
    }

    #[retryable(base = "0s")]
    async fn elided(&self) -> Result<&Runs, E> {
        self.runs.fail_later(2).await?;
        Ok(&self.runs)
    }

    #[retryable(base = "0s")]
    async fn arc(self: Arc<Self>) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    async fn boxed(self: Box<Self>) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    async fn owned(self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s", keep(self))]
    async fn mutable(mut self) -> Result<u32, E> {
        self.seen.push(String::new());
        self.runs.fail_later(2).await?;
        Ok(self.seen.len() as u32)
    }

    #[retryable(base = "0s", on = any)]
    async fn unit(&self) -> Result<(), Box<dyn std::error::Error>> {
        self.runs.fail_later(2).await?;
        Ok(())
    }

    #[retryable(base = "0s")]
    async fn patterns(&self, (a, b): (u32, u32), _: u8, [c, d]: [u32; 2]) -> Result<u32, E> {
        Ok(self.runs.fail_later(2).await? + a + b + c + d)
    }

    #[retryable(base = "0s")]
    async fn associated(runs: &Runs) -> Result<u32, E> {
        runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    async fn option(&self) -> Option<u32> {
        self.runs.fail_later(2).await.ok()
    }

    #[retryable(base = "0s", clone(name))]
    async fn cloned(&self, name: String) -> Result<String, E> {
        let name = name;
        self.runs.fail_later(2).await?;
        Ok(name)
    }

    #[retryable(base = "0s", clone(name))]
    async fn cloned_mutable(&self, mut name: String) -> Result<String, E> {
        name.push('!');
        self.runs.fail_later(2).await?;
        Ok(name)
    }

    #[retryable(base = "0s", keep(count))]
    async fn kept(&self, mut count: u32) -> Result<u32, E> {
        count += 1;
        self.runs.fail_later(2).await?;
        Ok(count)
    }

    #[retryable(max = 1, base = "0s", recover = Self::back)]
    async fn recovered(&mut self, name: String, (a, b): (u32, u32)) -> Result<usize, E> {
        self.seen.push(name.clone());
        self.runs.fail_later(9).await?;
        Ok((a + b) as usize)
    }

    #[retryable(max = 1, base = "0s", report)]
    async fn reported(&self) -> Result<u32, RetryError<E>> {
        self.runs.fail_later(9).await
    }

    #[retryable(
        base = "0s",
        when = |error: &E| error.is_busy() && self.runs.count() <= limit,
        on_retry = |_| drop(self.hooks.fail(0)),
    )]
    async fn hooked(&self, limit: u32) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }
}

#[async_trait(?Send)]
trait Local {
    async fn get(&self, values: std::rc::Rc<Vec<u32>>) -> Result<usize, E>;

    #[retryable(base = "0s")]
    async fn by_default(&self, runs: &Runs) -> Result<u32, E> {
        let local = std::rc::Rc::new(1);
        Ok(runs.fail_later(2).await? + *local)
    }
}

#[async_trait(?Send)]
impl Local for Runs {
    #[retryable(base = "0s")]
    async fn get(&self, values: std::rc::Rc<Vec<u32>>) -> Result<usize, E> {
        let held = values.clone();
        self.fail_later(2).await?;
        Ok(held.len())
    }
}

#[async_trait]
trait Generic<T> {
    async fn store(&mut self, value: T) -> Result<u32, E>;
}

struct Cell<T> {
    value: Option<T>,
    runs: Runs,
}

#[async_trait]
impl<T> Generic<T> for Cell<T>
where
    T: Clone + Send + 'static,
{
    #[retryable(base = "0s", clone(value))]
    async fn store(&mut self, value: T) -> Result<u32, E> {
        self.value = Some(value);
        self.runs.fail_later(2).await
    }
}

#[test]
fn methods_below_async_trait_are_retried() {
    block_on(async {
        assert_eq!(sendable(Http::default().get("k")).await, Ok(3));
        assert_eq!(sendable(Http::default().put("k".to_owned(), vec![1])).await, Ok(4));
        assert_eq!(Http::default().generic(1_u8).await, Ok(4));
        assert_eq!(Http::default().opaque(1_u8).await, Ok(4));
        assert_eq!(Http::default().borrowed("ab").await, Ok("b"));
        assert_eq!(Http::default().elided().await.map(Runs::count), Ok(3));
        assert_eq!(Arc::new(Http::default()).arc().await, Ok(3));
        assert_eq!(Box::<Http>::default().boxed().await, Ok(3));
        assert_eq!(Http::default().owned().await, Ok(3));
        assert_eq!(Http::default().mutable().await, Ok(3));
        assert!(sendable(Http::default().unit()).await.is_ok());
        assert_eq!(Http::default().patterns((1, 1), 0, [1, 1]).await, Ok(7));
        assert_eq!(Http::associated(&Runs::new()).await, Ok(3));
        assert_eq!(Http::default().option().await, Some(3));
        assert_eq!(Http::default().by_default(1).await, Ok(4));
        assert_eq!(Http::default().by_default_mutable("k").await, Ok(3));
        assert_eq!(Runs::new().get(std::rc::Rc::new(vec![1])).await, Ok(1));
        assert_eq!(Runs::new().by_default(&Runs::new()).await, Ok(4));
        let mut cell = Cell { value: None, runs: Runs::new() };
        assert_eq!(cell.store("x").await, Ok(3));
        assert_eq!(cell.value, Some("x"));
    });
}

#[test]
fn arguments_of_the_attribute_work_after_async_trait_has_moved_the_body() {
    block_on(async {
        assert_eq!(Http::default().cloned("n".to_owned()).await, Ok("n".to_owned()));
        assert_eq!(Http::default().cloned_mutable("n".to_owned()).await, Ok("n!".to_owned()));
        assert_eq!(Http::default().kept(0).await, Ok(3));
        let mut http = Http::default();
        assert_eq!(sendable(http.recovered("n".to_owned(), (1, 2))).await, Ok(6));
        assert_eq!((http.runs.count(), http.seen.len()), (2, 3));
        let report = Http::default().reported().await.expect_err("exhausted");
        assert_eq!(report.report().attempts.len(), 2);
        let http = Http::default();
        assert_eq!(http.hooked(5).await, Ok(3));
        assert_eq!(http.hooks.count(), 2);
    });
}
