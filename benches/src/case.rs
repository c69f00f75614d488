//! A case: one candidate doing one kind of work.

use std::cell::LazyCell;
use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use crate::work::{Answer, Script};

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// A function that succeeds at the first try.
    SyncFirst,
    /// A future that succeeds at the first try and is never pending.
    AsyncReady,
    /// A future that succeeds at the first try and is pending once.
    AsyncPending,
    /// A future that succeeds at the first try, is pending once, and runs under a limit on a runtime with a paused clock.
    AsyncTimed,
    /// A function that fails three times and then succeeds, without pauses.
    SyncThree,
    /// The same with exponential backoff and jitter from a base of zero, to include the arithmetic.
    SyncJitter,
    /// A future that fails three times and then succeeds, with pauses of one millisecond on tokio's timer.
    AsyncThree,
    /// A deposit to a retry budget and a withdrawal from it.
    Budget,
    /// A function that fails four times, under a `tracing` subscriber.
    Storm,
}

impl Work {
    /// Every kind of work, in the order of the report.
    pub const ALL: [Work; 9] = [
        Work::SyncFirst,
        Work::AsyncReady,
        Work::AsyncPending,
        Work::AsyncTimed,
        Work::SyncThree,
        Work::SyncJitter,
        Work::AsyncThree,
        Work::Budget,
        Work::Storm,
    ];

    /// The number of failing attempts.
    pub const fn failures(self) -> u32 {
        match self {
            Work::SyncThree | Work::SyncJitter | Work::AsyncThree => 3,
            _ => 0,
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::SyncFirst => "sync-first",
            Work::AsyncReady => "async-ready",
            Work::AsyncPending => "async-pending",
            Work::AsyncTimed => "async-timed",
            Work::SyncThree => "sync-three",
            Work::SyncJitter => "sync-jitter",
            Work::AsyncThree => "async-three",
            Work::Budget => "budget",
            Work::Storm => "storm",
        })
    }
}

/// One candidate doing one kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The kind of work.
    pub work: Work,
    /// The name of the candidate.
    pub candidate: &'static str,
    /// Does the work once. Called through this pointer, so that nothing is inlined into the harness.
    pub run: fn(&'static Script) -> Answer,
    /// The size of the future in bytes, if there is one.
    pub size: Option<fn(&'static Script) -> usize>,
    /// Turns process-wide state on and off; called outside of the measurement.
    pub switch: Option<fn(bool)>,
}

impl Case {
    /// A case of a blocking candidate.
    pub const fn blocking(
        work: Work,
        candidate: &'static str,
        run: fn(&'static Script) -> Answer,
    ) -> Case {
        Case { work, candidate, run, size: None, switch: None }
    }

    /// The same case, with process-wide state turned on around it.
    pub const fn with(self, switch: fn(bool)) -> Case {
        Case { switch: Some(switch), ..self }
    }

    /// Runs a closure while the process-wide state of the case is on.
    pub fn switched<T>(&self, act: impl FnOnce() -> T) -> T {
        let switch = |on| {
            if let Some(switch) = self.switch {
                switch(on);
            }
        };
        switch(true);
        let result = act();
        switch(false);
        result
    }
}

/// A case of a function that returns a future: `future_case!(Work::AsyncReady, "candidate", function)`.
#[macro_export]
macro_rules! future_case {
    ($work:expr, $candidate:expr, $make:expr) => {
        $crate::case::Case {
            work: $work,
            candidate: $candidate,
            run: |script| {
                let work = const { $work };
                match work.failures() {
                    0 if matches!(work, $crate::case::Work::AsyncTimed) => {
                        $crate::case::with_timer($make(script))
                    }
                    0 => $crate::case::to_end($make(script)),
                    failures => {
                        script.fail(failures);
                        $crate::case::with_timer($make(script))
                    }
                }
            },
            size: Some(|script| ::std::mem::size_of_val(&$make(script))),
            switch: None,
        }
    };
}

/// Polls a future to completion like an executor: through a pointer, without knowing its type.
#[inline(always)]
pub fn to_end<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut future: Pin<&mut dyn Future<Output = F::Output>> = black_box(future.as_mut());
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut context) {
            return out;
        }
    }
}

/// Runs a future to completion on a runtime with a paused clock, which jumps to the next timer as soon as the runtime
/// is idle.
#[inline(always)]
pub fn with_timer<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: LazyCell<tokio::runtime::Runtime> = LazyCell::new(|| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_time().start_paused(true).build();
            runtime.expect("a runtime without I/O can be built")
        });
    }
    let mut future = pin!(future);
    let future: Pin<&mut dyn Future<Output = F::Output>> = black_box(future.as_mut());
    RUNTIME.with(|runtime| runtime.block_on(future))
}
