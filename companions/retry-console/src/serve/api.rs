//! The routes: pages, data, the stream and orders, behind the guard.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, OriginalUri, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Serialize;

use super::{answer, guard, orders, pages, passing, simulate, stream};
use crate::console::Core;
use crate::data::model::{Function, FunctionDetail, Role, Setting, Snapshot};
use crate::live::detail;
use crate::live::memory::Change;

/// The largest body of an order.
pub(super) const LARGEST: usize = 64 << 10;

pub(crate) fn router(core: &Arc<Core>) -> Router {
    let router = Router::new()
        .route("/api/snapshot", get(snapshot))
        .route("/api/stream", get(events))
        .route("/api/functions/{name}", get(function))
        .route("/api/configuration", get(configuration))
        .route("/api/simulate", get(simulate::answer))
        .route("/api/live/{id}/{order}", post(call))
        .route("/api/breakers/{id}/{order}", post(breaker));
    #[cfg(feature = "tasks")]
    let router = if core.feed.due.tasks().is_some() {
        super::workers::routes(super::tasks::routes(router))
    } else {
        router
    };
    router
        .fallback(page)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(middleware::from_fn_with_state(Arc::clone(core), passing::passed))
        .layer(middleware::from_fn_with_state(Arc::clone(core), guarded))
        .with_state(Arc::clone(core))
}

/// Lets a request pass, or refuses it; tells orders to the audit.
async fn guarded(
    State(core): State<Arc<Core>>,
    OriginalUri(uri): OriginalUri,
    mut request: Request,
    next: Next,
) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
    let response = match core.guard.role(&method, request.headers(), peer) {
        Ok(role) => {
            request.extensions_mut().insert(role);
            let response = match request.uri().query().and_then(token) {
                // A token has no place in an address that stays in the history.
                Some(_) if path == "/" => moved(uri.path(), None),
                _ => next.run(request).await,
            };
            if method == Method::POST {
                let status = response.status().as_u16();
                tracing::info!(target: "retry_console::audit", order = path, role = ?role, from = ?peer, status, "order");
            }
            response
        }
        Err(guard::Refusal::Token) if path == "/" && method == Method::GET => {
            entered(&core, &request, uri.path())
        }
        Err(guard::Refusal::Token) if is_public(&path) && method == Method::GET => {
            next.run(request).await
        }
        Err(refusal) => answer::refused(refusal),
    };
    answer::guarded(response)
}

/// The scripts and styles hold nothing of the program: the page that asks for the token needs them.
fn is_public(path: &str) -> bool {
    !path.starts_with("/api/")
}

/// The front page for a reader without a cookie: the cookie, if the address has the token, else the page, which asks for it.
fn entered(core: &Core, request: &Request, path: &str) -> Response {
    let given = request.uri().query().and_then(token);
    match given {
        Some(token) if core.guard.of(&token).is_some() => moved(path, Some(&token)),
        Some(_) => answer::refused(guard::Refusal::Token),
        None if path.ends_with('/') => pages::page("").unwrap_or_else(missing),
        None => moved(path, None),
    }
}

/// Sends the browser to the front page, with the cookie of a token.
fn moved(path: &str, token: Option<&str>) -> Response {
    let home = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, home.as_str())]).into_response();
    if let Some(token) = token {
        let cookie = format!("{}={token}; Path={home}; HttpOnly; SameSite=Strict", guard::COOKIE);
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// The token in the query of an address.
fn token(query: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("token="))?;
    Some(value.to_owned())
}

fn missing() -> Response {
    answer::not_found("there is no such page")
}

async fn page(OriginalUri(uri): OriginalUri, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return missing();
    }
    let path = request.uri().path();
    // The addresses in the page are relative: they need the slash.
    if path == "/" && !uri.path().ends_with('/') {
        return moved(uri.path(), None);
    }
    pages::page(path.trim_start_matches('/')).unwrap_or_else(missing)
}

async fn snapshot(
    State(core): State<Arc<Core>>,
    Extension(role): Extension<Role>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Json<Snapshot> {
    core.feed.count_tasks().await;
    let state = match query.contains_key("own") {
        true => core.feed.own_snapshot(),
        false => Snapshot::clone(&core.feed.snapshot()),
    };
    Json(Snapshot { role, ..state })
}

async fn events(
    State(core): State<Arc<Core>>,
    Extension(role): Extension<Role>,
    headers: HeaderMap,
) -> impl IntoResponse {
    core.feed.count_tasks().await;
    stream::stream(&core.feed, &headers, role)
}

async fn function(
    State(core): State<Arc<Core>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let is_own = query.contains_key("own");
    let named = |functions: &[Function]| functions.iter().find(|it| it.name == name).cloned();
    let state = core.feed.snapshot();
    let Some(function) = named(&state.functions) else {
        return answer::not_found("no process of this console has a function of this name");
    };
    let instance = &core.feed.process.instance;
    let mut found = detail::of(function.clone(), instance);
    if !is_own {
        for peer in state.processes.iter().skip(1).filter(|process| !process.stale) {
            let Some(address) = &peer.peer else { continue };
            let path = format!("/api/functions/{}?own=1", orders::encoded(&name));
            let answer = core.feed.peers.send(address, Method::GET, &path, Bytes::new()).await;
            let Ok((StatusCode::OK, body)) = answer else { continue };
            let Ok(mut theirs) = serde_json::from_slice::<FunctionDetail>(&body) else { continue };
            theirs.shift(core.feed.peers.ahead_ms(address));
            found = Some(match found {
                None => FunctionDetail { function: function.clone(), ..theirs },
                Some(mut found) => {
                    found.calls.extend(theirs.calls);
                    found
                }
            });
        }
    }
    let Some(mut found) = found else {
        return answer::not_found("the process that has the function does not answer");
    };
    found.calls.sort_by_key(|call| std::cmp::Reverse(call.ended_at));
    found.errors = detail::groups(&found.calls);
    Json(found).into_response()
}

#[derive(Serialize)]
struct Configuration {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<u64>,
    operations: Vec<Operation>,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Operation {
    name: String,
    settings: Vec<Setting>,
}

async fn configuration(State(core): State<Arc<Core>>) -> Json<Configuration> {
    core.feed.snapshot();
    Json(core.feed.with_memory(|memory| {
        let seen = &memory.configuration;
        let operations = seen.settings().iter();
        Configuration {
            file: seen.file().map(str::to_owned),
            // The first look is not when a configuration was applied.
            applied_at: seen.applied_at.filter(|_| !seen.changes.is_empty()),
            operations: operations
                .map(|(name, settings)| Operation {
                    name: name.clone(),
                    settings: settings.clone(),
                })
                .collect(),
            changes: seen.changes.iter().rev().cloned().collect(),
        }
    }))
}

async fn call(
    State(core): State<Arc<Core>>,
    Path((id, order)): Path<(String, String)>,
) -> Response {
    orders::give(&core, "live", &id, &order).await
}

async fn breaker(
    State(core): State<Arc<Core>>,
    Path((id, order)): Path<(String, String)>,
) -> Response {
    orders::give(&core, "breakers", &id, &order).await
}
