//! Requests about the tasks of one process: `process=INSTANCE` in the address sends them to the peer that is the process.

use std::sync::Arc;

use axum::body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::answer;
use super::api::LARGEST;
use crate::console::Core;

/// The beginnings of the paths that each process answers for itself.
const OF_A_PROCESS: [&str; 5] =
    ["/api/tasks", "/api/jobs/", "/api/workers", "/api/schedule", "/api/configuration"];

/// Passes a request for another process on to it. Comes after the guard: an order is passed on for those who may give it.
pub(crate) async fn passed(
    State(core): State<Arc<Core>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if !OF_A_PROCESS.iter().any(|beginning| path.starts_with(beginning)) {
        return next.run(request).await;
    }
    let Some((instance, rest)) = request.uri().query().and_then(split) else {
        return next.run(request).await;
    };
    let target = if rest.is_empty() { path.to_owned() } else { format!("{path}?{rest}") };
    if instance == core.feed.process.instance {
        // The handlers do not know the parameter.
        if let Ok(uri) = Uri::try_from(target) {
            *request.uri_mut() = uri;
        }
        return next.run(request).await;
    }
    let Some(address) = core.feed.peers.address_of(&instance) else {
        return answer::not_found("no process of this console has this name");
    };
    let (head, body) = request.into_parts();
    let Ok(body) = body::to_bytes(body, LARGEST).await else {
        return answer::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    };
    match core.feed.peers.send(&address, head.method, &target, body).await {
        Ok((status, body)) => answer::passed(status, body),
        Err(error) => answer::error(StatusCode::BAD_GATEWAY, &format!("{address}: {error}")),
    }
}

/// The process in a query, and the rest of the query.
fn split(query: &str) -> Option<(String, String)> {
    let (of, rest): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|pair| pair.starts_with("process="));
    let instance = of.first()?.strip_prefix("process=")?;
    (!instance.is_empty()).then(|| (instance.to_owned(), rest.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_taken_out_of_a_query() {
        let of = |query| split(query);
        assert_eq!(
            of("phase=failed&process=a1&limit=2"),
            Some(("a1".into(), "phase=failed&limit=2".into()))
        );
        assert_eq!(of("process=a1"), Some(("a1".into(), String::new())));
        assert_eq!(of("processes=a1"), None);
        assert_eq!(of("process=&phase=failed"), None);
    }
}
