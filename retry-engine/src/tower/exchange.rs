//! The state that the attempts of one call share: the request, copied for the next attempt, and the rules that ask about it.

use std::borrow::Cow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::answer::Answer;
use super::replay::Replays;
use crate::base::sync::lock;
use crate::call::state::Call;
use crate::call::verdict::{Request, Verdict};
use crate::course::Retry;
use crate::failure::class::{Class, Kind};
use crate::failure::inject::Injection;
use crate::failure::interruption::Interruption;
use crate::turn::{Hook, Judge, Judged};

/// The request of a call.
pub(super) struct Exchange<Req, P> {
    replays: P,
    /// Whether the request says that it is idempotent.
    idempotent: Option<bool>,
    // Neither is contended, and the atomics are no more than cells: only the call's own task uses them.
    next: Mutex<Option<Req>>,
    attempts: AtomicU32,
    sent: AtomicBool,
}

impl<Req, P: Replays<Req>> Exchange<Req, P> {
    pub(super) fn new(request: Req, replays: P) -> Self {
        Exchange {
            idempotent: replays.idempotent(&request),
            replays,
            next: Mutex::new(Some(request)),
            attempts: AtomicU32::new(0),
            sent: AtomicBool::new(false),
        }
    }

    /// The request for the attempt that begins now. Keeps a copy, unless it is the last of `limit` attempts.
    pub(super) fn next(&self, limit: Option<u32>) -> Req {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.sent.store(false, Ordering::Relaxed);
        let Some(request) = lock(&self.next).take() else {
            unreachable!("another attempt follows only where there is a copy")
        };
        if limit.is_none_or(|limit| attempt < limit) {
            *lock(&self.next) = self.replays.again(&request);
        }
        request
    }

    fn request(&self) -> Request {
        // Not asked under the lock: the copy's own code runs.
        let next = lock(&self.next).take();
        let repeatable = next.as_ref().is_some_and(|next| self.replays.is_repeatable(next));
        *lock(&self.next) = next;
        Request { idempotent: self.idempotent, repeatable, sent: self.has_sent() }
    }
}

impl<Req, P> Exchange<Req, P> {
    /// The attempt hands the request to the service.
    pub(super) fn note_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Reads the verdict from an answer, which has been judged already.
pub(super) struct Reading<'x, Req, P, Res, E> {
    pub(super) exchange: &'x Exchange<Req, P>,
    /// Makes the answer of a cancelled call.
    pub(super) stand_in: Option<fn(Interruption) -> Answer<Res, E>>,
}

impl<Req, P, Res, E> Hook<Answer<Res, E>> for Reading<'_, Req, P, Res, E> {
    const SET: bool = false;

    fn before_sleep(&self, _: &Retry<'_, Answer<Res, E>>) {}
}

impl<Req, P: Replays<Req>, Res, E> Judge<Answer<Res, E>> for Reading<'_, Req, P, Res, E> {
    const UNJUDGED: bool = false;

    fn accepts(&self, answer: &Answer<Res, E>) -> bool {
        answer.class.is_none()
    }

    fn verdict(&self, answer: &Answer<Res, E>, _: &Call<'_>) -> Judged {
        Judged(Verdict {
            class: answer.class.unwrap_or(Class::new(Kind::Permanent)),
            agreed: true,
            cut: None,
            carried: answer.carried,
            rejected: false,
        })
    }

    fn describe(&self, answer: &Answer<Res, E>) -> Cow<'static, str> {
        answer.text.clone()
    }

    fn stand_in(&self) -> Option<fn(Interruption) -> Answer<Res, E>> {
        self.stand_in
    }

    fn injection(&self) -> Option<Injection<Answer<Res, E>>> {
        None
    }

    fn request(&self) -> Request {
        self.exchange.request()
    }
}
