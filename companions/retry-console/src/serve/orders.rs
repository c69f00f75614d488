//! Orders to calls and breakers of this process, and to those of peers.

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use retry_runtime::live::{self, Answer};

use super::answer;
use crate::console::Core;

/// An order to a live call of this process, by its number.
pub(crate) fn call(id: &str, order: &str) -> Response {
    let Some(call) = id.parse().ok().and_then(live::call) else {
        return answer::error(StatusCode::CONFLICT, "the call has ended");
    };
    let answered = match order {
        "cancel" => call.cancel(),
        "retry" => call.retry_now(),
        _ => return answer::not_found("a call is told to `cancel` or to `retry`"),
    };
    match answered {
        Answer::Done => answer::done("done"),
        Answer::AfterAttempt => answer::done("after_attempt"),
        _ => answer::error(
            StatusCode::CONFLICT,
            "too late: the call has ended, is cancelled, or does not wait",
        ),
    }
}

/// An order to a breaker of this process, by its name.
pub(crate) fn breaker(name: &str, order: &str) -> Response {
    let Some(breaker) = retry_runtime::breaker(name) else {
        return answer::not_found("there is no breaker of this name");
    };
    match order {
        "force_open" => breaker.force_open(),
        "force_close" => breaker.force_close(),
        "disable" => breaker.disable(),
        "shadow" => breaker.shadow(),
        "probe" => breaker.probe(),
        "reset" => breaker.reset(),
        _ => {
            return answer::not_found(
                "a breaker is told to `force_open`, `force_close`, `disable`, `shadow`, `probe` or `reset`",
            );
        }
    }
    answer::done("done")
}

/// Gives an order to the process that owns `id`, which is `instance-name`.
pub(crate) async fn give(core: &Core, what: &str, id: &str, order: &str) -> Response {
    let (instance, name) = id.split_once('-').unwrap_or((id, ""));
    let feed = &core.feed;
    if instance == feed.process.instance {
        return match what {
            "live" => call(name, order),
            _ => breaker(name, order),
        };
    }
    let Some(address) = feed.peers.address_of(instance) else {
        return answer::not_found("no process of this console has it");
    };
    let path = format!("/api/{what}/{}/{order}", encoded(id));
    match feed.peers.send(&address, Method::POST, &path, Bytes::new()).await {
        Ok((status, body)) => answer::passed(status, body),
        Err(error) => answer::error(StatusCode::BAD_GATEWAY, &format!("{address}: {error}")),
    }
}

/// A text as one part of a path.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}
