//! An annotated future is `Send`, `Sync` and `'static` exactly when the unannotated one is.

use std::cell::Cell;
use std::error::Error;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use retry_runtime::retryable;

use super::support::{E, Runs};

/// Finds out whether a type is `Send` and `Sync` by autoref specialization: method lookup tries the impl for
/// `Probe<T>` before the one for `&Probe<T>`.
struct Probe<T>(PhantomData<T>);

fn probe<T>(_: &T) -> Probe<T> {
    Probe(PhantomData)
}

trait IsSend {
    fn is_send(&self) -> bool {
        true
    }
}
impl<T: Send> IsSend for Probe<T> {}

trait IsNotSend {
    fn is_send(&self) -> bool {
        false
    }
}
impl<T> IsNotSend for &Probe<T> {}

trait IsSync {
    fn is_sync(&self) -> bool {
        true
    }
}
impl<T: Sync> IsSync for Probe<T> {}

trait IsNotSync {
    fn is_sync(&self) -> bool {
        false
    }
}
impl<T> IsNotSync for &Probe<T> {}

/// Defines a function twice, with and without the attribute.
macro_rules! twins {
    ($(#[retryable($($args:tt)*)] async fn $name:ident($($params:tt)*) -> $out:ty $body:block)*) => {
        mod plain {
            use super::*;
            $(pub(super) async fn $name($($params)*) -> $out $body)*
        }
        mod retried {
            use super::*;
            $(
                #[retryable($($args)*)]
                pub(super) async fn $name($($params)*) -> $out $body
            )*
        }
    };
}

twins! {
    #[retryable(base = "0s")]
    async fn plain_data(runs: &Runs) -> Result<u32, E> { runs.fail_later(2).await }

    #[retryable(base = "0s")]
    async fn across_an_await(runs: &Runs) -> Result<u32, E> {
        let local = Rc::new(1);
        runs.fail_later(2).await.map(|run| run + *local)
    }

    #[retryable(base = "0s")]
    async fn not_across_an_await(runs: &Runs) -> Result<u32, E> {
        let local = *Rc::new(1);
        runs.fail_later(2).await.map(|run| run + local)
    }

    #[retryable(base = "0s")]
    async fn local_argument(runs: Rc<Runs>) -> Result<u32, E> { runs.fail_later(2).await }

    #[retryable(base = "0s")]
    async fn cell_by_reference(runs: &Cell<u32>) -> Result<u32, E> { Ok(runs.get()) }

    #[retryable(base = "0s")]
    async fn cell_by_value(runs: Arc<Runs>, cell: Cell<u32>) -> Result<u32, E> {
        runs.fail_later(cell.replace(2)).await
    }

    #[retryable(base = "0s")]
    async fn sender(runs: Arc<Runs>, channel: std::sync::mpsc::Receiver<u32>) -> Result<u32, E> {
        let run = runs.fail_later(2).await?;
        Ok(run + channel.try_recv().unwrap_or(0))
    }

    #[retryable(base = "0s")]
    async fn callback(runs: Arc<Runs>, work: Box<dyn Fn() -> u32 + Send>) -> Result<u32, E> {
        let run = runs.fail_later(2).await?;
        Ok(run + work())
    }

    #[retryable(base = "0s", clone(parts))]
    async fn parts((runs, cell): (Arc<Runs>, Cell<u32>), mut parts: Vec<Cell<u8>>) -> Result<u32, E> {
        parts.push(Cell::new(1));
        runs.fail_later(cell.get() + parts[0].get() as u32).await
    }

    #[retryable(base = "0s", on = any)]
    async fn error_that_stays(runs: &Runs) -> Result<u32, Box<dyn Error>> {
        Ok(runs.fail_later(2).await?)
    }

    #[retryable(base = "0s", on = any, deadline = "1m")]
    async fn error_that_stays_within_a_deadline(runs: &Runs) -> Result<u32, Box<dyn Error>> {
        Ok(runs.fail_later(2).await?)
    }

    #[retryable(base = "0s")]
    async fn value_that_stays(runs: &Runs) -> Result<Rc<u32>, E> {
        runs.fail_later(2).await.map(Rc::new)
    }

    #[retryable(base = "0s")]
    async fn without_an_await(runs: &Runs) -> Result<u32, E> { runs.fail(2) }

    #[retryable(base = "0s", idempotent, timeout = "1s")]
    async fn within_a_timeout(runs: &Runs) -> Result<u32, E> { runs.fail_later(2).await }
}

macro_rules! agree {
    ($name:ident($($arg:expr),*)) => {{
        let (plain, retried) = (plain::$name($($arg),*), retried::$name($($arg),*));
        assert_eq!((&probe(&retried)).is_send(), (&probe(&plain)).is_send(), stringify!($name));
        assert_eq!((&probe(&retried)).is_sync(), (&probe(&plain)).is_sync(), stringify!($name));
    }};
}

#[test]
#[allow(clippy::needless_borrow)]
fn a_retried_future_is_send_and_sync_exactly_when_the_plain_one_is() {
    let (runs, cell) = (Runs::new(), Cell::new(0));
    agree!(plain_data(&runs));
    agree!(across_an_await(&runs));
    agree!(not_across_an_await(&runs));
    agree!(local_argument(Rc::default()));
    agree!(cell_by_reference(&cell));
    agree!(cell_by_value(Arc::default(), Cell::new(0)));
    agree!(sender(Arc::default(), std::sync::mpsc::channel().1));
    agree!(callback(Arc::default(), Box::new(|| 1)));
    agree!(parts((Arc::default(), Cell::new(0)), Vec::new()));
    agree!(error_that_stays(&runs));
    agree!(error_that_stays_within_a_deadline(&runs));
    agree!(value_that_stays(&runs));
    agree!(without_an_await(&runs));
    agree!(within_a_timeout(&runs));
    assert!((&probe(&retried::error_that_stays(&runs))).is_send());
    assert!(!(&probe(&retried::across_an_await(&runs))).is_send());
}

#[test]
#[allow(clippy::needless_borrow)]
fn a_retried_future_lives_as_long_as_the_plain_one() {
    fn for_ever<T: 'static>(value: T) -> T {
        value
    }
    drop(for_ever(retried::cell_by_value(Arc::default(), Cell::new(0))));
    drop(for_ever(retried::local_argument(Rc::default())));
}
