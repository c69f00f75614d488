//! Runs a script under a policy, through each entry point of the engine, on virtual time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use retry_runtime::__private::{
    ByClassify, ByTypeName, Call, Meta, NO_BREAKER, NoFromInterruption, NoInject, Site, SiteBudget,
    Turned,
};
use retry_runtime::{
    CancelToken, Outcome, Policy, Report, Retry, RetryError, observe, observe_blocking,
};

use super::failure::{self, Failure};
use super::script::Script;
use super::settings::{Fallback, Settings};
use crate::virtual_time::{self, advance, virtually};

/// An entry point of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// `Policy::call_async`.
    PolicyAsync,
    /// `Policy::call`.
    PolicySync,
    /// `#[retryable]` on an `async fn`.
    TurnsAsync,
    /// `#[retryable]` on a `fn`.
    TurnsSync,
}

impl Lane {
    pub(super) const ALL: [Lane; 4] =
        [Lane::PolicyAsync, Lane::PolicySync, Lane::TurnsAsync, Lane::TurnsSync];

    pub(super) fn is_async(self) -> bool {
        matches!(self, Lane::PolicyAsync | Lane::TurnsAsync)
    }

    /// Whether the lane supports the case.
    fn fits(self, case: &Case) -> bool {
        let annotated = matches!(self, Lane::TurnsAsync | Lane::TurnsSync);
        let needs_arguments = case.settings.rejects.is_some()
            || case.settings.fallback.is_some()
            || case.cancel.is_some();
        let needs_async = case.settings.only_async || case.script().hangs();
        (annotated || !needs_arguments) && (self.is_async() || !needs_async)
    }
}

/// When the caller cancels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum CancelAt {
    Start,
    After(Duration),
}

/// One call to run.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) settings: Settings,
    pub(super) script: Vec<String>,
    pub(super) cancel: Option<CancelAt>,
}

/// The observed behaviour of a call.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) calls: u32,
    pub(super) result: Result<String, Failure>,
    pub(super) report: Report,
    pub(super) elapsed: Duration,
    /// The calls of `on_retry`: the attempt that failed, and its value if it had one.
    pub(super) hooks: Vec<(u32, String)>,
    pub(super) classified: u32,
    pub(super) fallback_calls: u32,
}

impl Case {
    fn script(&self) -> Script {
        Script::parse(&self.script).expect("a script")
    }

    /// Runs the case; `None` if the lane does not support it.
    pub(super) fn run(&self, lane: Lane) -> Option<Seen> {
        if !lane.fits(self) {
            return None;
        }
        let world = Rc::new(World::of(self));
        failure::classified();
        let (result, report, elapsed) = match lane.is_async() {
            true => self.run_async(lane, &world),
            false => self.run_sync(lane, &world),
        };
        Some(Seen {
            calls: world.script.calls(),
            result,
            report,
            elapsed,
            hooks: world.hooks.take(),
            classified: failure::classified(),
            fallback_calls: world.fallback_calls.get(),
        })
    }

    fn run_async(&self, lane: Lane, world: &Rc<World>) -> Ran {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let start = tokio::time::Instant::now();
            let call = async {
                let ran = match lane {
                    Lane::PolicyAsync => observe(policy_async(self.settings.policy, world)).await,
                    _ => observe(turns_async(site(self.settings.policy), world)).await,
                };
                (ran.0, ran.1, start.elapsed())
            };
            // The canceller is polled first, so at the same instant cancellation wins over the end of the sleep.
            futures::future::join(cancel_async(self.cancel, world.token.clone()), call).await.1
        })
    }

    fn run_sync(&self, lane: Lane, world: &Rc<World>) -> Ran {
        virtually(|| {
            let start = virtual_time::now();
            match self.cancel {
                Some(CancelAt::Start) => world.token.cancel(),
                Some(CancelAt::After(time)) => {
                    let token = world.token.clone();
                    virtual_time::after(time, move || token.cancel());
                }
                None => {}
            }
            let (result, report) = observe_blocking(|| match lane {
                Lane::PolicySync => policy_sync(self.settings.policy, world),
                _ => turns_sync(site(self.settings.policy), world),
            });
            (result, report, virtual_time::now() - start)
        })
    }
}

type Ran = (Result<String, Failure>, Report, Duration);

/// The state that the body and the hooks share.
struct World {
    script: Script,
    settings: Settings,
    token: CancelToken,
    hooks: RefCell<Vec<(u32, String)>>,
    fallback_calls: Cell<u32>,
}

impl World {
    fn of(case: &Case) -> World {
        World {
            script: case.script(),
            settings: case.settings.clone(),
            token: CancelToken::new(),
            hooks: RefCell::default(),
            fallback_calls: Cell::new(0),
        }
    }

    async fn body(self: Rc<Self>) -> Result<String, Failure> {
        let step = self.script.next();
        step.pass().await;
        self.settings.classes.outcome(&step)
    }

    fn body_blocking(&self) -> Result<String, Failure> {
        let step = self.script.next();
        step.pass_blocking();
        self.settings.classes.outcome(&step)
    }

    fn rejects(&self, value: &str) -> bool {
        self.settings.rejects.as_ref().is_some_and(|rejects| rejects.rejects(value))
    }

    fn before_sleep<R: Outcome<Value = String>>(&self, retry: &Retry<'_, R>) {
        let value = retry.value().cloned().unwrap_or_default();
        self.hooks.borrow_mut().push((retry.attempt(), value));
    }

    /// Applies the fallback if there is one, as `recover` does.
    fn recover(
        &self,
        settled: Result<String, RetryError<Failure>>,
        pass: impl FnOnce(Duration),
    ) -> Result<String, Failure> {
        let error = match settled {
            Ok(value) => return Ok(value),
            Err(error) => error.into_error(),
        };
        let Some(Fallback { fails, takes, value }) = &self.settings.fallback else {
            return Err(error);
        };
        self.fallback_calls.set(self.fallback_calls.get() + 1);
        pass(*takes);
        match fails {
            Some(name) => Err(Failure { name: name.clone(), ..error }),
            None => Ok(value.clone()),
        }
    }
}

async fn policy_async(policy: Policy, world: &Rc<World>) -> Result<String, Failure> {
    policy.call_async(|_| Rc::clone(world).body()).await
}

fn policy_sync(policy: Policy, world: &Rc<World>) -> Result<String, Failure> {
    policy.call(|_| world.body_blocking())
}

async fn turns_async(site: &'static Site, world: &Rc<World>) -> Result<String, Failure> {
    let mut call = Call::start(site);
    call.open();
    call.watch();
    let settled = loop {
        let turn = call
            .turn(Rc::clone(world).body())
            .classified(|_| (ByClassify, ByTypeName, NoFromInterruption, NoInject));
        let turn = turn.retry_if(|value| world.rejects(value));
        let turn = turn.on_retry(|retry| world.before_sleep(retry));
        if let Turned::Out(out) = turn.cancel(&world.token).await {
            break call.settle(out);
        }
    };
    let mut takes = Duration::ZERO;
    let recovered = world.recover(settled, |time| takes = time);
    tokio::time::sleep(takes).await;
    recovered
}

fn turns_sync(site: &'static Site, world: &Rc<World>) -> Result<String, Failure> {
    let mut call = Call::start(site);
    call.open();
    call.watch();
    let attempts = call
        .attempts(|_| world.body_blocking())
        .classified(|_| (ByClassify, ByTypeName, NoFromInterruption, NoInject));
    let attempts = attempts.retry_if(|value| world.rejects(value));
    let attempts = attempts.on_retry(|retry| world.before_sleep(retry));
    let out = attempts.cancel(&world.token).run();
    world.recover(call.settle(out), advance)
}

async fn cancel_async(cancel: Option<CancelAt>, token: CancelToken) {
    match cancel {
        Some(CancelAt::Start) => token.cancel(),
        Some(CancelAt::After(time)) => {
            tokio::time::sleep(time).await;
            token.cancel();
        }
        None => {}
    }
}

/// A site like that of an annotated function, without a budget, since these peers have none. It lives as long as the
/// process.
fn site(policy: Policy) -> &'static Site {
    let meta = Meta::new("vectors::body", file!(), line!(), "");
    Box::leak(Box::new(Site::new(meta, policy, SiteBudget::None, &NO_BREAKER)))
}
