//! Answers with the headers that every answer has.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::guard::Refusal;

/// No script but ours, no style but ours, no request to another machine, and no frame around the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Adds the headers of the browser's rules.
pub(crate) fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let all = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in all {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[derive(Serialize)]
struct Mistake<'t> {
    error: &'t str,
}

#[derive(Serialize)]
struct Done<'t> {
    answer: &'t str,
}

pub(crate) fn error(status: StatusCode, text: &str) -> Response {
    (status, Json(Mistake { error: text })).into_response()
}

pub(crate) fn done(answer: &str) -> Response {
    Json(Done { answer }).into_response()
}

pub(crate) fn refused(refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::Token => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    let mut response = error(status, refusal.text());
    if refusal == Refusal::Token {
        let scheme = HeaderValue::from_static("Bearer realm=\"retry console\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

pub(crate) fn not_found(what: &str) -> Response {
    error(StatusCode::NOT_FOUND, what)
}

/// An answer of a peer, passed on.
pub(crate) fn passed(status: StatusCode, body: axum::body::Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}
