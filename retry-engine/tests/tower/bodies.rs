//! Requests that can be sent once more, and those that cannot.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use retry_runtime::StopReason;
use retry_runtime::tower::{Again, ReplayBody, ReplayBodyLayer, RetryLayer};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{POLICY, reason, run};

/// A stream of pieces, which cannot be cloned.
struct Stream(VecDeque<&'static str>);

impl Stream {
    fn of(pieces: &[&'static str]) -> Self {
        Stream(pieces.iter().copied().collect())
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.pop_front();
        Poll::Ready(piece.map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }
}

fn put<B>(body: B) -> Request<B> {
    Request::put("/").body(body).unwrap()
}

fn unavailable<E>() -> Result<Response<String>, E> {
    Ok(Response::builder().status(503).body(String::new()).unwrap())
}

/// The texts of the bodies that a server read which always answers 503.
fn read_bodies(name: &'static str, most: usize, pieces: &[&'static str]) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let read = Arc::clone(&seen);
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new(most))
        .layer(RetryLayer::new(name, POLICY))
        .service(service_fn(move |request: Request<ReplayBody<Stream>>| {
            let read = Arc::clone(&read);
            async move {
                let whole = request.into_body().collect().await?.to_bytes();
                read.lock().unwrap().push(String::from_utf8(whole.to_vec())?);
                unavailable::<BoxError>()
            }
        }));
    let response = run(service.oneshot(put(Stream::of(pieces)))).expect("a response, and no error");
    assert_eq!(response.status(), 503);
    seen.lock().unwrap().clone()
}

#[test]
fn a_body_that_cannot_be_repeated_makes_one_attempt_and_no_error() {
    #[derive(Debug)]
    struct Once;
    impl Again for Once {
        fn again(&self) -> Option<Self> {
            None
        }
    }
    let layer = RetryLayer::new("tower::once", POLICY);
    let service = layer.layer(service_fn(async |_: Request<Once>| unavailable::<Infallible>()));
    assert_eq!(run(service.oneshot(put(Once))).unwrap().status(), 503);
    assert_eq!(reason("tower::once"), StopReason::NotRepeatable);
    let stats = retry_runtime::stats("tower::once").unwrap();
    assert_eq!((stats.reasons.not_repeatable, stats.attempts), (1, 1));
}

#[test]
fn a_stream_is_kept_as_it_is_sent_and_sent_again() {
    assert_eq!(read_bodies("tower::stream", 64, &["one ", "two ", "three"]), ["one two three"; 3]);
    assert_eq!(reason("tower::stream"), StopReason::Exhausted);
}

#[test]
fn a_stream_longer_than_the_bound_is_sent_whole_and_once() {
    assert_eq!(read_bodies("tower::long", 5, &["one ", "two ", "three"]), ["one two three"]);
    assert_eq!(reason("tower::long"), StopReason::NotRepeatable);
}

#[test]
fn a_closure_copies_a_foreign_body() {
    struct Foreign(String);
    let layer = RetryLayer::new("tower::foreign", POLICY)
        .replaying(|body: &Foreign| Some(Foreign(body.0.clone())));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let read = Arc::clone(&seen);
    let service = layer.layer(service_fn(move |request: Request<Foreign>| {
        read.lock().unwrap().push(request.into_body().0);
        std::future::ready(unavailable::<Infallible>())
    }));
    run(service.oneshot(put(Foreign("text".into())))).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["text"; 3]);
}

#[test]
fn an_attempt_that_answered_early_does_not_take_the_body_from_the_next_one() {
    let kept: Arc<Mutex<Vec<ReplayBody<Stream>>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new(64))
        .layer(RetryLayer::new("tower::early", POLICY.max(1)))
        .service(service_fn(move |request: Request<ReplayBody<Stream>>| {
            let keep = Arc::clone(&keep);
            async move {
                let mut body = request.into_body();
                let is_first = keep.lock().unwrap().is_empty();
                if is_first {
                    // Answers after the first piece; the connection goes on to send the body.
                    body.frame().await.expect("a piece")?;
                    keep.lock().unwrap().push(body);
                    return unavailable::<BoxError>();
                }
                let first = body.frame().await.expect("a piece")?.into_data().unwrap();
                let mut older = keep.lock().unwrap().pop().expect("the older body");
                assert!(older.frame().await.expect("an end").is_err(), "the older one has ended");
                let rest = body.collect().await?.to_bytes();
                let whole = [first, rest].concat();
                Ok(Response::new(String::from_utf8(whole)?))
            }
        }));
    let response = run(service.oneshot(put(Stream::of(&["one ", "two ", "three"])))).unwrap();
    assert_eq!(response.into_body(), "one two three");
}
