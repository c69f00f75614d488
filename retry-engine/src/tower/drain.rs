//! Reads what is left of a response that is not returned, so that its connection can be used again.
//!
//! A client keeps the connection of a response until its body has been read. Unread, 40 requests with one retry each
//! needed 21 connections instead of one.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use http_body::Body;

use super::judge::Judge;
use crate::base::border::contained;
use crate::base::clock;
use crate::base::sync::lock;
use crate::wait::timer;

/// A future that reads the rest of a response.
pub type Drain = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The longest rest of a body that is read: a new connection costs less than a longer one.
const MOST: usize = 64 * 1024;

/// The longest time for it.
const LONGEST: Duration = Duration::from_secs(1);

/// Takes in responses that are not returned.
pub(super) trait Keeper<Res>: Send + Sync {
    fn take_in(&self, response: Res);
}

/// The responses of a call that are not returned. The call polls it beside its attempts and pauses.
pub(super) struct Drains<J, E> {
    judge: J,
    // Never contended: only the call's own task locks it.
    running: Mutex<Option<Drain>>,
    error: PhantomData<fn(E)>,
}

impl<J, E> Drains<J, E> {
    pub(super) fn new(judge: J) -> Self {
        Drains { judge, running: Mutex::new(None), error: PhantomData }
    }

    pub(super) fn judge(&self) -> &J {
        &self.judge
    }

    /// Polls `turn`, and beside it the response that is read.
    pub(super) fn poll_beside<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let polled = poll(cx);
        let running = lock(&self.running).take();
        if let Some(mut drain) = running {
            // A body that panics has nothing left to read.
            if contained(|| drain.as_mut().poll(cx)).is_some_and(|polled| polled.is_pending()) {
                *lock(&self.running) = Some(drain);
            }
        }
        polled
    }
}

impl<Res, E, J: Judge<Res, E> + Send + Sync> Keeper<Res> for Drains<J, E> {
    fn take_in(&self, response: Res) {
        let drain = contained(|| self.judge.drain(response)).flatten();
        // One that is not read to its end by now is given up.
        drop(std::mem::replace(&mut *lock(&self.running), drain));
    }
}

/// Reads a body to its end: at most 64 KiB, and for at most one second.
///
/// ```
/// use retry_runtime::tower::drain_body;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// drain_body("the rest of an answer".to_owned()).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn drain_body<B: Body + Send + 'static>(body: B) -> Drain {
    Box::pin(async move {
        let (mut body, mut left) = (Box::pin(body), MOST);
        let mut limit = timer::limit(clock::now() + LONGEST);
        std::future::poll_fn(|cx| {
            loop {
                match body.as_mut().poll_frame(cx) {
                    Poll::Ready(Some(Ok(frame))) => {
                        // Empty frames count, too, or a body of them would never end.
                        let read = frame.data_ref().map_or(1, |data| data.remaining().max(1));
                        match left.checked_sub(read) {
                            Some(rest) => left = rest,
                            None => return Poll::Ready(()),
                        }
                    }
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return Pin::new(&mut limit).poll(cx),
                }
            }
        })
        .await;
    })
}
