//! Adds tasks and threads to a scope.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;

use super::Scope;
use super::shared::{Shared, Within};
use super::time::Task;
use retry_runtime::control::intercept;

impl Scope {
    /// Wraps a future that will be spawned, so that its calls belong to the scope on any thread.
    ///
    /// Code on the test's own thread belongs to the scope without this: all of a `#[tokio::test]`, including the tasks that
    /// it spawns. Threads of a `multi_thread` runtime do not.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use retry_testing as testing;
    ///
    /// #[retryable(on = any, name = "docs::wrapped")]
    /// async fn fetch() -> Result<u32, String> { Err("down".into()) }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let t = testing::scope();
    /// let task = tokio::spawn(t.wrap(fetch()));
    /// assert!(task.await.unwrap().is_err());
    /// assert_eq!(t.attempts("docs::wrapped"), 4);
    /// # });
    /// ```
    ///
    /// A wrapped task counts as busy even before its first poll, and the scope's clock waits for it: spawn it at once. The guard must
    /// outlive the task.
    pub fn wrap<F: Future>(&self, future: F) -> Wrapped<F> {
        let shared = Arc::clone(self.used());
        let task = shared.time.begin();
        Wrapped { future, membership: Membership { shared, task } }
    }

    /// Wraps a closure for another thread, so that its calls belong to the scope.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use retry_testing as testing;
    ///
    /// #[retryable(on = any, name = "docs::wrapped_fn")]
    /// fn fetch() -> Result<u32, String> { Err("down".into()) }
    ///
    /// let t = testing::scope();
    /// let thread = std::thread::spawn(t.wrap_fn(fetch));
    /// assert!(thread.join().unwrap().is_err());
    /// assert_eq!(t.attempts("docs::wrapped_fn"), 4);
    /// ```
    pub fn wrap_fn<T, F: FnOnce() -> T>(&self, work: F) -> impl FnOnce() -> T + use<T, F> {
        let within = Within { shared: Arc::clone(self.used()), task: None };
        move || intercept::within(Arc::new(within), work)
    }
}

pin_project! {
    /// The future of [`Scope::wrap`].
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::wrapped_type")]
    /// fn fetch() -> io::Result<u32> { Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// let wrapped: retry_testing::Wrapped<_> = t.wrap(async { fetch() });
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// assert_eq!(wrapped.await?, 1);
    /// # Ok::<(), io::Error>(())
    /// # })?;
    /// # Ok::<(), io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Wrapped<F> {
        #[pin]
        future: F,
        membership: Membership,
    }
}

/// An RAII guard of a task's registration in the scope.
#[derive(Debug)]
struct Membership {
    shared: Arc<Shared>,
    task: u64,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.shared.time.end(self.task);
    }
}

impl<F: Future> Future for Wrapped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Membership { shared, task } = this.membership;
        let within = Within { shared: Arc::clone(shared), task: Some(*task) };
        let waker = Waker::from(Arc::new(Woken {
            shared: Arc::clone(shared),
            task: *task,
            waker: cx.waker().clone(),
        }));
        shared.time.set(*task, Task::Running);
        let poll = || this.future.poll(&mut Context::from_waker(&waker));
        let polled = intercept::within(Arc::new(within), poll);
        if polled.is_pending() {
            shared.time.rests(*task);
        }
        polled
    }
}

/// A waker that wakes the task and notifies the scope's clock.
struct Woken {
    shared: Arc<Shared>,
    task: u64,
    waker: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.shared.time.set(self.task, Task::Awake);
        self.waker.wake_by_ref();
    }
}
