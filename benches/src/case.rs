//! A case: one candidate that does one work.

use std::cell::LazyCell;
use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use crate::work::{Answer, Script};

/// What is done, by every candidate that can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// A function that succeeds at its first try.
    SyncFirst,
    /// A future that succeeds at its first try and is never pending.
    AsyncReady,
    /// A future that succeeds at its first try and is pending once.
    AsyncPending,
    /// A function that fails three times and then succeeds, without a pause.
    SyncThree,
    /// The same, by an exponential backoff with jitter that starts at zero: what there is to calculate.
    SyncJitter,
    /// A future that fails three times and then succeeds, with pauses of one millisecond on tokio's timer.
    AsyncThree,
    /// A deposit into a budget for retries and a withdrawal from it.
    Budget,
}

impl Work {
    /// All of them, in the order of the report.
    pub const ALL: [Work; 7] = [
        Work::SyncFirst,
        Work::AsyncReady,
        Work::AsyncPending,
        Work::SyncThree,
        Work::SyncJitter,
        Work::AsyncThree,
        Work::Budget,
    ];

    /// How many attempts fail.
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
            Work::SyncThree => "sync-three",
            Work::SyncJitter => "sync-jitter",
            Work::AsyncThree => "async-three",
            Work::Budget => "budget",
        })
    }
}

/// One candidate that does one work.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it does.
    pub work: Work,
    /// Who does it.
    pub candidate: &'static str,
    /// Does it once. It is called through this pointer, so that nothing of it is inlined into the harness.
    pub run: fn(&'static Script) -> Answer,
    /// The size of the future in bytes, where there is one.
    pub size: Option<fn(&'static Script) -> usize>,
    /// Switches on, and off again, what concerns the whole process; called outside of what is measured.
    pub switch: Option<fn(bool)>,
}

impl Case {
    /// A candidate that blocks.
    pub const fn blocking(
        work: Work,
        candidate: &'static str,
        run: fn(&'static Script) -> Answer,
    ) -> Case {
        Case { work, candidate, run, size: None, switch: None }
    }

    /// The same, with something of the process switched on around it.
    pub const fn with(self, switch: fn(bool)) -> Case {
        Case { switch: Some(switch), ..self }
    }

    /// Does something while what belongs to the case is switched on.
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

/// A case of a function that makes a future: `future_case!(Work::AsyncReady, "candidate", function)`.
#[macro_export]
macro_rules! future_case {
    ($work:expr, $candidate:expr, $make:expr) => {
        $crate::case::Case {
            work: $work,
            candidate: $candidate,
            run: |script| {
                let work = const { $work };
                match work.failures() {
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

/// Polls a future to its end as an executor would: through a pointer, without knowing its type.
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

/// Runs a future to its end on a runtime whose clock jumps to the next timer as soon as nothing is left
/// to do.
#[inline(always)]
pub fn with_timer<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: LazyCell<tokio::runtime::Runtime> = LazyCell::new(|| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_time().start_paused(true).build();
            runtime.expect("a runtime without sockets can be made")
        });
    }
    let mut future = pin!(future);
    let future: Pin<&mut dyn Future<Output = F::Output>> = black_box(future.as_mut());
    RUNTIME.with(|runtime| runtime.block_on(future))
}
