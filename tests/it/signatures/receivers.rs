//! Every form of `self`.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[derive(Default)]
struct Desk {
    runs: Runs,
    changes: u32,
}

impl Desk {
    #[retryable(base = "0s")]
    fn value(self) -> Result<u32, E> {
        self.runs.fail(2)
    }

    #[retryable(base = "0s")]
    async fn value_async(self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s", keep(self))]
    fn mutable_value(mut self) -> Result<u32, E> {
        self.changes += 1;
        self.runs.fail(2)?;
        Ok(self.changes)
    }

    #[retryable(base = "0s", keep(self))]
    async fn mutable_value_async(mut self) -> Result<u32, E> {
        self.changes += 1;
        self.runs.fail_later(2).await?;
        Ok(self.changes)
    }

    #[retryable(base = "0s")]
    fn arc(self: Arc<Self>) -> Result<u32, E> {
        self.runs.fail(2)
    }

    #[retryable(base = "0s")]
    async fn arc_async(self: Arc<Self>) -> Result<u32, E> {
        let other = Arc::clone(&self);
        tokio::spawn(async move { other.runs.fail_later(2).await }).await.expect("no panic")
    }

    #[retryable(base = "0s")]
    async fn rc_async(self: Rc<Self>) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    #[allow(clippy::boxed_local)]
    fn boxed(self: Box<Self>) -> Result<u32, E> {
        self.runs.fail(2)
    }

    #[retryable(base = "0s", keep(self))]
    async fn boxed_async(mut self: Box<Self>) -> Result<u32, E> {
        self.changes += 1;
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    async fn borrowed_arc(self: &Arc<Self>) -> Result<u32, E> {
        let desk = self.clone();
        desk.runs.fail_later(2).await
    }

    #[retryable(base = "0s")]
    async fn pinned(self: Pin<&mut Self>) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[retryable(base = "0s", keep(self))]
    fn pinned_mutable(mut self: Pin<&mut Self>) -> Result<u32, E> {
        self.as_mut().get_mut().changes += 1;
        self.runs.fail(2)?;
        Ok(self.changes)
    }

    #[retryable(base = "0s", keep(self))]
    async fn pinned_mutable_async(mut self: Pin<&mut Self>) -> Result<u32, E> {
        self.as_mut().get_mut().changes += 1;
        self.runs.fail_later(2).await?;
        Ok(self.changes)
    }

    #[retryable(base = "0s")]
    #[allow(clippy::needless_arbitrary_self_type)]
    fn typed(self: &Self) -> Result<u32, E> {
        self.runs.fail(2)
    }

    #[retryable(base = "0s")]
    #[allow(clippy::needless_arbitrary_self_type)]
    async fn typed_mutable(self: &mut Self) -> Result<u32, E> {
        self.changes += 1;
        self.runs.fail_later(2).await?;
        Ok(self.changes)
    }

    #[retryable(base = "0s")]
    async fn named_lifetime<'a>(&'a self) -> Result<&'a Runs, E> {
        self.runs.fail_later(2).await?;
        Ok(&self.runs)
    }

    #[retryable(base = "0s")]
    async fn named_mutable<'a>(&'a mut self, runs: &'a Runs) -> Result<u32, E> {
        self.changes += 1;
        runs.fail_later(2).await
    }
}

#[test]
fn every_receiver_is_retried() {
    assert_eq!(Desk::default().value(), Ok(3));
    assert_eq!(Desk::default().mutable_value(), Ok(3));
    assert_eq!(Arc::new(Desk::default()).arc(), Ok(3));
    assert_eq!(Box::<Desk>::default().boxed(), Ok(3));
    assert_eq!(Pin::new(&mut Desk::default()).pinned_mutable(), Ok(3));
    assert_eq!(Desk::default().typed(), Ok(3));
}

#[test]
fn every_async_receiver_is_retried() {
    block_on(async {
        assert_eq!(sendable(Desk::default().value_async()).await, Ok(3));
        assert_eq!(sendable(Desk::default().mutable_value_async()).await, Ok(3));
        assert_eq!(sendable(Arc::new(Desk::default()).arc_async()).await, Ok(3));
        assert_eq!(Rc::new(Desk::default()).rc_async().await, Ok(3));
        assert_eq!(sendable(Box::<Desk>::default().boxed_async()).await, Ok(3));
        assert_eq!(sendable(Arc::new(Desk::default()).borrowed_arc()).await, Ok(3));
        assert_eq!(sendable(Pin::new(&mut Desk::default()).pinned()).await, Ok(3));
        assert_eq!(sendable(Pin::new(&mut Desk::default()).pinned_mutable_async()).await, Ok(3));
        assert_eq!(sendable(Desk::default().typed_mutable()).await, Ok(3));
        let desk = Desk::default();
        assert_eq!(sendable(desk.named_lifetime()).await.map(Runs::count), Ok(3));
        assert_eq!(Desk::default().named_mutable(&Runs::new()).await, Ok(3));
    });
}
