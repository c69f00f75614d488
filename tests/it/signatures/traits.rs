//! Methods of traits: implementations, defaults, associated types and `-> impl Future`.

use std::future::Future;

use retry_runtime::{Classify, retryable};

use super::support::{E, Runs, block_on, sendable};

trait Store {
    type Item;
    type Error;
    const NAME: &'static str;

    fn get(&self, key: &str) -> Result<Self::Item, Self::Error>;
    fn runs(&self) -> &Runs;
    fn put(&mut self, item: Self::Item) -> Result<(), Self::Error>;

    #[retryable(base = "0s")]
    fn by_default(&self, key: &str) -> Result<usize, E> {
        self.runs().fail(2)?;
        Ok(key.len() + Self::NAME.len())
    }

    #[retryable(base = "0s", on = any)]
    fn calls_the_implementation(&self, key: &str) -> Result<Self::Item, Self::Error> {
        self.get(key)
    }
}

struct Memory {
    runs: Runs,
    items: Vec<String>,
}

impl Memory {
    fn new() -> Self {
        Memory { runs: Runs::new(), items: Vec::new() }
    }
}

impl Store for Memory {
    type Item = String;
    type Error = E;
    const NAME: &'static str = "memory";

    #[retryable(base = "0s")]
    fn get(&self, key: &str) -> Result<Self::Item, Self::Error> {
        self.runs.fail(2)?;
        Ok(key.to_owned())
    }

    fn runs(&self) -> &Runs {
        &self.runs
    }

    #[retryable(base = "0s", clone(item))]
    fn put(&mut self, item: String) -> Result<(), <Self as Store>::Error> {
        self.items.push(item);
        self.runs.fail(2)?;
        Ok(())
    }
}

#[allow(async_fn_in_trait, reason = "what is tested")]
trait Client {
    async fn call(&mut self, name: &str) -> Result<u32, E>;

    fn runs(&self) -> &Runs;

    #[retryable(base = "0s")]
    async fn by_default(&self, add: u32) -> Result<u32, E>
    where
        Self: Sync,
    {
        Ok(self.runs().fail_later(2).await? + add)
    }

    #[retryable(base = "0s")]
    async fn without_receiver(runs: &Runs) -> Result<u32, E>
    where
        Self: Sized,
    {
        runs.fail_later(1).await
    }

    #[retryable(base = "0s")]
    fn opaque(&self) -> impl Future<Output = Result<u32, E>> + Send
    where
        Self: Sync,
    {
        async move { self.runs().fail_later(2).await }
    }
}

#[derive(Default)]
struct Http {
    runs: Runs,
    names: Vec<String>,
}

impl Client for Http {
    #[retryable(base = "0s")]
    async fn call(&mut self, name: &str) -> Result<u32, E> {
        self.names.push(name.to_owned());
        self.runs.fail_later(2).await
    }

    fn runs(&self) -> &Runs {
        &self.runs
    }
}

trait Opaque {
    fn fetch(&self, times: u32) -> impl Future<Output = Result<u32, E>> + Send;
    fn fetch_owned(&self, name: String) -> impl Future<Output = Result<usize, E>> + Send;
}

impl Opaque for Http {
    #[retryable(base = "0s")]
    async fn fetch(&self, times: u32) -> Result<u32, E> {
        self.runs.fail_later(times).await
    }

    #[retryable(base = "0s")]
    #[allow(clippy::manual_async_fn)]
    fn fetch_owned(&self, name: String) -> impl Future<Output = Result<usize, E>> + Send {
        async move {
            self.runs.fail_later(1).await?;
            Ok(name.len())
        }
    }
}

trait Generic<T> {
    fn convert<U: From<T>>(&self, value: T) -> Result<U, E>;
}

impl<T: Clone> Generic<T> for Runs {
    #[retryable(base = "0s", clone(value))]
    fn convert<U: From<T>>(&self, value: T) -> Result<U, E> {
        self.fail(2)?;
        Ok(U::from(value))
    }
}

/// An extension trait for every matching type, like `SendRetry for RequestBuilder`.
trait Extension {
    type Failure;
    fn try_clone(&self) -> Option<Self>
    where
        Self: Sized;
    fn send(self) -> impl Future<Output = Result<u32, Self::Failure>> + Send;

    #[retryable(base = "0s")]
    fn send_again(self) -> impl Future<Output = Result<u32, Self::Failure>> + Send
    where
        Self: Sized + Send + Sync,
        Self::Failure: Classify + Send,
    {
        async move { self.try_clone().expect("a body that can be cloned").send().await }
    }
}

impl Extension for &Runs {
    type Failure = E;

    fn try_clone(&self) -> Option<Self> {
        Some(self)
    }

    async fn send(self) -> Result<u32, E> {
        self.fail_later(2).await
    }
}

#[test]
fn trait_methods_are_retried() {
    let mut memory = Memory::new();
    assert_eq!(memory.by_default("ab"), Ok(8));
    assert_eq!(memory.runs.count(), 3);
    let again = Memory::new();
    assert_eq!(again.calls_the_implementation("ab"), Ok("ab".to_owned()));
    assert_eq!(again.runs.count(), 3);
    memory.runs = Runs::new();
    assert_eq!(memory.put("x".to_owned()), Ok(()));
    assert_eq!(memory.items, ["x", "x", "x"]);
    let runs = Runs::new();
    assert_eq!(runs.convert::<String>("s"), Ok("s".to_owned()));
    assert_eq!(runs.count(), 3);
}

#[test]
fn async_trait_methods_are_retried() {
    block_on(async {
        let mut http = Http::default();
        assert_eq!(http.call("a").await, Ok(3));
        assert_eq!(http.names.len(), 3);
        assert_eq!(Http::default().by_default(4).await, Ok(7));
        assert_eq!(Http::without_receiver(&Runs::new()).await, Ok(2));
        assert_eq!(sendable(Http::default().opaque()).await, Ok(3));
        assert_eq!(sendable(Http::default().fetch(2)).await, Ok(3));
        assert_eq!(sendable(Http::default().fetch_owned("abc".to_owned())).await, Ok(3));
        assert_eq!(sendable((&Runs::new()).send_again()).await, Ok(3));
    });
}
