//! The work as a tower service, for crates that wrap services.

use std::convert::identity;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use retry_benches::waiting;
use retry_benches::work::{Answer, Failure, Later, Script, attempt};

/// The service of all cases except the waiting ones.
#[derive(Clone, Copy, Debug)]
pub struct Attempts;

/// The service of the waiting cases.
#[derive(Clone, Copy, Debug)]
pub struct Waits;

/// The request of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub script: &'static Script,
    pub pending: bool,
}

impl Request {
    pub fn ready(script: &'static Script) -> Self {
        Request { script, pending: false }
    }

    pub fn pending(script: &'static Script) -> Self {
        Request { script, pending: true }
    }
}

/// The future of an attempt.
#[derive(Debug)]
pub struct Attempt {
    later: Option<Later>,
    script: &'static Script,
}

impl Attempt {
    fn new(request: Request) -> Self {
        Attempt { later: request.pending.then(Later::default), script: request.script }
    }
}

impl Future for Attempt {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        if let Some(later) = &mut self.later {
            if Pin::new(later).poll(context).is_pending() {
                return Poll::Pending;
            }
            self.later = None;
        }
        Poll::Ready(attempt(self.script))
    }
}

impl tower::Service<Request> for Attempts {
    type Response = u32;
    type Error = Failure;
    type Future = Attempt;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Attempt {
        Attempt::new(request)
    }
}

impl tower::Service<()> for Waits {
    type Response = u32;
    type Error = Failure;
    type Future = Ready<Answer>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Ready<Answer> {
        ready(waiting::attempt())
    }
}

impl layered::Service<Request> for Attempts {
    type Out = Answer;

    fn execute(&self, request: Request) -> impl Future<Output = Answer> + Send {
        identity(Attempt::new(request))
    }
}

impl layered::Service<()> for Waits {
    type Out = Answer;

    async fn execute(&self, (): ()) -> Answer {
        waiting::attempt()
    }
}
