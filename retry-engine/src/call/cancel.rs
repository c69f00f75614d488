//! Cancellation tokens, which end a call at once, during an attempt or a sleep.

use crate::base::border;
use crate::base::sync::unpoisoned;
use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// A token that can cancel a call, for `cancel = …`.
///
/// Implemented for [`CancelToken`], for `tokio_util::sync::CancellationToken` (feature `tokio`), and for
/// references to tokens and `Option`s of them.
///
/// ```
/// use retry_runtime::{Cancel, CancelToken, retryable};
///
/// #[retryable(max = 9, cancel = stop)]
/// fn read(stop: &impl Cancel) -> std::io::Result<String> {
///     std::fs::read_to_string("Cargo.toml")
/// }
///
/// read(&CancelToken::new())?;
/// read(&None::<CancelToken>)?; // never cancelled
/// # Ok::<(), std::io::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a cancellation token",
    label = "expected a cancellation token",
    note = "use `retry_runtime::CancelToken` or `tokio_util::sync::CancellationToken` (feature `tokio`)"
)]
pub trait Cancel: Clone {
    /// Resolves when the token is cancelled.
    type Cancelled: Future<Output = ()>;

    /// Whether the token has been cancelled.
    fn is_cancelled(&self) -> bool;

    /// A future that resolves when the token is cancelled, at once if it already is.
    fn cancelled(&self) -> Self::Cancelled;
}

/// A cancellation token that needs no runtime. It ends `async` calls, and wakes a thread that sleeps between the
/// attempts of a sync call.
///
/// Clones share one state: cancelling one cancels all.
///
/// ```
/// use retry_runtime::CancelToken;
///
/// let token = CancelToken::new();
/// let other = token.clone();
/// other.cancel();
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<TokenState>);

#[derive(Default)]
struct TokenState {
    cancelled: AtomicBool,
    /// One slot for each waiting future. The slots of dropped futures are reused.
    wakers: Mutex<Vec<Option<Waker>>>,
}

impl CancelToken {
    /// Creates a token that is not cancelled.
    #[inline]
    pub fn new() -> Self {
        CancelToken::default()
    }

    /// Cancels every call that has this token, or is given it later. A token cannot be reset.
    #[inline]
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        let wakers = std::mem::take(&mut *self.0.lock());
        wakers.into_iter().flatten().for_each(border::wake);
    }

    /// Whether [`cancel`](CancelToken::cancel) was called.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// A future that resolves when the token is cancelled.
    ///
    /// ```
    /// use retry_runtime::CancelToken;
    ///
    /// async fn work(stop: CancelToken) {
    ///     stop.cancelled().await;
    ///     println!("cleaning up");
    /// }
    /// # let _ = work;
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future frees its waker, and has no other effect.
    #[inline]
    pub fn cancelled(&self) -> Cancelled {
        Cancelled { token: self.clone(), slot: None }
    }
}

impl fmt::Debug for CancelToken {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

impl TokenState {
    #[inline]
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Option<Waker>>> {
        unpoisoned(self.wakers.lock())
    }
}

/// Resolves when its [`CancelToken`] is cancelled.
///
/// ```
/// use retry_runtime::{CancelToken, Cancelled};
///
/// let token = CancelToken::new();
/// let ended: Cancelled = token.cancelled();
/// token.cancel();
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// ended.await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Cancelled {
    token: CancelToken,
    slot: Option<usize>,
}

impl Future for Cancelled {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.token.is_cancelled() {
            return Poll::Ready(());
        }
        let mut wakers = this.token.0.lock();
        // `cancel` sets the flag before it takes the lock: if the flag is unset here, `cancel` will find this waker.
        if this.token.is_cancelled() {
            return Poll::Ready(());
        }
        let slot = *this
            .slot
            .get_or_insert_with(|| wakers.iter().position(Option::is_none).unwrap_or(wakers.len()));
        if slot >= wakers.len() {
            wakers.resize(slot + 1, None);
        }
        let known = wakers[slot].as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if !known {
            let before = wakers[slot].replace(cx.waker().clone());
            // Dropped outside the lock: the last waker of a task may drop the task, and with it a future of this token.
            drop(wakers);
            drop(before);
        }
        Poll::Pending
    }
}

impl Drop for Cancelled {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            let waker = self.token.0.lock().get_mut(slot).and_then(Option::take);
            drop(waker);
        }
    }
}

impl Cancel for CancelToken {
    type Cancelled = Cancelled;

    #[inline]
    fn is_cancelled(&self) -> bool {
        CancelToken::is_cancelled(self)
    }

    #[inline]
    fn cancelled(&self) -> Cancelled {
        CancelToken::cancelled(self)
    }
}

impl<C: Cancel> Cancel for &C {
    type Cancelled = C::Cancelled;

    fn is_cancelled(&self) -> bool {
        C::is_cancelled(self)
    }

    fn cancelled(&self) -> C::Cancelled {
        C::cancelled(self)
    }
}

impl<C: Cancel> Cancel for Option<C> {
    type Cancelled = MaybeCancelled<C::Cancelled>;

    fn is_cancelled(&self) -> bool {
        self.as_ref().is_some_and(C::is_cancelled)
    }

    fn cancelled(&self) -> Self::Cancelled {
        MaybeCancelled { inner: self.as_ref().map(C::cancelled) }
    }
}

pin_project_lite::pin_project! {
    /// Resolves when an optional token is cancelled; without a token, never.
    ///
    /// ```
    /// use retry_runtime::{Cancel, CancelToken};
    ///
    /// let none: Option<CancelToken> = None;
    /// assert!(!none.is_cancelled());
    /// let _never = none.cancelled(); // a `MaybeCancelled`
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct MaybeCancelled<F> {
        #[pin]
        inner: Option<F>,
    }
}

impl<F: Future<Output = ()>> Future for MaybeCancelled<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project().inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            None => Poll::Pending,
        }
    }
}

#[cfg(feature = "tokio")]
impl Cancel for tokio_util::sync::CancellationToken {
    type Cancelled = tokio_util::sync::WaitForCancellationFutureOwned;

    fn is_cancelled(&self) -> bool {
        tokio_util::sync::CancellationToken::is_cancelled(self)
    }

    fn cancelled(&self) -> Self::Cancelled {
        self.clone().cancelled_owned()
    }
}

/// The token of an annotated function's call, with its methods as function pointers.
///
/// Only [`token`] has the bound [`Cancel`], so a value that is not a token causes one compile error, where it is written.
/// The bound [`Clone`] of a generic value would cause a second one.
#[derive(Debug)]
pub struct Token<C, D> {
    token: C,
    clone: fn(&C) -> C,
    is_cancelled: fn(&C) -> bool,
    cancelled: fn(&C) -> D,
}

/// Clones the token that `cancel = …` names, for one call.
pub fn token<C: Cancel<Cancelled = D>, D: Future<Output = ()>>(token: &C) -> Token<C, D> {
    Token {
        token: token.clone(),
        clone: C::clone,
        is_cancelled: C::is_cancelled,
        cancelled: C::cancelled,
    }
}

impl<C, D> Clone for Token<C, D> {
    fn clone(&self) -> Self {
        Token { token: (self.clone)(&self.token), ..*self }
    }
}

#[diagnostic::do_not_recommend]
impl<C, D: Future<Output = ()>> Cancel for Token<C, D> {
    type Cancelled = D;

    fn is_cancelled(&self) -> bool {
        (self.is_cancelled)(&self.token)
    }

    fn cancelled(&self) -> D {
        (self.cancelled)(&self.token)
    }
}

/// The token of calls without `cancel = …`.
#[derive(Clone, Copy, Debug)]
pub struct NeverCancelled;

#[diagnostic::do_not_recommend]
impl Cancel for NeverCancelled {
    type Cancelled = Pending<()>;

    fn is_cancelled(&self) -> bool {
        false
    }

    fn cancelled(&self) -> Pending<()> {
        pending()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(cancelled: &mut Cancelled) -> Poll<()> {
        Pin::new(cancelled).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_waiting_future_resolves_on_cancel_and_a_later_one_at_once() {
        let token = CancelToken::new();
        let mut before = token.cancelled();
        assert_eq!(poll(&mut before), Poll::Pending);
        token.cancel();
        assert_eq!(poll(&mut before), Poll::Ready(()));
        assert_eq!(poll(&mut token.cancelled()), Poll::Ready(()));
    }

    #[test]
    fn a_dropped_future_gives_its_slot_back() {
        let token = CancelToken::new();
        for _ in 0..1000 {
            assert_eq!(poll(&mut token.cancelled()), Poll::Pending);
        }
        assert_eq!(token.0.lock().len(), 1);
    }

    #[test]
    fn a_poll_with_another_waker_keeps_one_slot() {
        let token = CancelToken::new();
        let mut waiting = token.cancelled();
        assert_eq!([poll(&mut waiting), poll(&mut waiting)], [Poll::Pending; 2]);
        assert_eq!(token.0.lock().len(), 1);
    }
}
