//! The window of the app: `cargo run --example docker -- app [--socket PATH] [--db FILE] [--port N]`, then open the address that it
//! prints.
//!
//! The page is served on loopback and has the parts and the style of `retry-console`, whose service answers everything that the app
//! does not: its stream of live calls is what the page shows. Two things are the app's own: orders that a person gives by a form, and the list
//! of containers, which is asked for again and again.

use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use retry_console::Console;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::orders::Orders;
use super::{Client, close_the_breaker, help, pull, start, volume};

/// The list is asked for so often while the daemon answers.
const EVERY: Duration = Duration::from_secs(2);

/// The page runs no script but its own, and asks no other machine.
const RULES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'";

/// The state of the daemon, as the page shows it.
#[derive(Clone, Debug, Default, Serialize)]
struct Daemon {
    /// The number of containers at the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    containers: Option<usize>,
    /// Why the last call failed, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Whether a call is under way.
    is_asking: bool,
}

struct Window {
    client: Client,
    orders: Orders,
    daemon: Mutex<Daemon>,
    /// The button "Retry" of the list.
    again: Notify,
}

/// The options of the command line.
struct Options {
    socket: String,
    db: PathBuf,
    port: u16,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (socket, db) = ("/var/run/docker.sock".to_owned(), PathBuf::from("docker-orders.db"));
        let mut options = Options { socket, db, port: 0 };
        while let Some(word) = words.next() {
            let value = words
                .next()
                .ok_or_else(|| format!("`{word}` has no value; write it behind the option"))?;
            match word.as_str() {
                "--socket" => options.socket = value,
                "--db" => options.db = value.into(),
                "--port" => {
                    let wrong = |_| format!("`--port` ({value}) must be a number from 0 to 65535");
                    options.port = value.parse().map_err(wrong)?;
                }
                _ => {
                    return Err(format!(
                        "`{word}` is no option; there are `--socket`, `--db` and `--port`"
                    )
                    .into());
                }
            }
        }
        Ok(options)
    }
}

/// Whether the command line asks for the window.
pub(super) fn is_wanted() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == "app")
}

/// Serves the window until ctrl-c.
pub(super) async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(2))?;
    let client = Client::new(options.socket);
    let orders = Orders::open(&options.db, &client)?;
    let console = Console::builder().name("docker desktop").tasks(orders.tasks()).build()?;
    let daemon = Mutex::default();
    let window = Arc::new(Window { client, orders, daemon, again: Notify::new() });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!("open http://{}/", listener.local_addr()?);
    let app = router(&window).fallback_service(console);
    let served = axum::serve(listener, app.into_make_service());
    tokio::select! {
        result = served => result?,
        never = window.watch() => never,
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

impl Window {
    /// Asks for the list again and again. After a failure it waits for the button, so that a cancelled call stays cancelled.
    async fn watch(&self) {
        loop {
            self.change(|daemon| daemon.is_asking = true);
            let list = self.client.list().await;
            let is_there = list.is_ok();
            self.change(|daemon| {
                daemon.is_asking = false;
                match list {
                    Ok(count) => (daemon.containers, daemon.error) = (Some(count), None),
                    Err(error) => (daemon.containers, daemon.error) = (None, Some(help(&error))),
                }
            });
            let pause = tokio::time::sleep(EVERY);
            tokio::select! {
                () = self.again.notified() => close_the_breaker(),
                () = pause, if is_there => {}
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Daemon)) {
        change(&mut self.daemon.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn router(window: &Arc<Window>) -> Router {
    Router::new()
        .route("/", page("text/html; charset=utf-8", include_str!("window/index.html")))
        .route(
            "/window.js",
            page("text/javascript; charset=utf-8", include_str!("window/window.js")),
        )
        .route("/window.css", page("text/css; charset=utf-8", include_str!("window/window.css")))
        .route("/daemon", get(daemon))
        .route("/daemon/retry", post(again))
        .route("/orders", get(orders).post(order))
        .route("/orders/{id}/retry", post(retry))
        .with_state(Arc::clone(window))
}

/// A file of the page.
fn page<S: Clone + Send + Sync + 'static>(
    kind: &'static str,
    text: &'static str,
) -> MethodRouter<S> {
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, RULES)];
    get(move || async move { (headers, text) })
}

/// Whether the request is one of our page's: another site can neither send this header nor have this host's name.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").and_then(|host| host.split(':').next());
    text("x-retry-console") == Some("1") && matches!(host, Some("127.0.0.1" | "localhost"))
}

#[derive(Serialize)]
struct Mistake {
    error: String,
}

fn refused(status: StatusCode, error: impl ToString) -> Response {
    (status, Json(Mistake { error: error.to_string() })).into_response()
}

async fn daemon(State(window): State<Arc<Window>>) -> Json<Daemon> {
    Json(window.daemon.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

async fn again(State(window): State<Arc<Window>>, headers: HeaderMap) -> Response {
    if !is_ours(&headers) {
        return refused(StatusCode::FORBIDDEN, "the request is not one of the window's");
    }
    window.again.notify_one();
    Json(serde_json::json!({ "answer": "done" })).into_response()
}

async fn orders(State(window): State<Arc<Window>>) -> Response {
    match window.orders.newest().await {
        Ok(orders) => Json(orders).into_response(),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

#[derive(Deserialize)]
struct Order {
    kind: String,
    name: String,
}

async fn order(
    State(window): State<Arc<Window>>,
    headers: HeaderMap,
    Json(Order { kind, name }): Json<Order>,
) -> Response {
    if !is_ours(&headers) {
        return refused(StatusCode::FORBIDDEN, "the request is not one of the window's");
    }
    if name.trim().is_empty() {
        return refused(
            StatusCode::BAD_REQUEST,
            "`name` is empty: write the name of a container, an image or a volume",
        );
    }
    let orders = &window.orders;
    let stored = match kind.as_str() {
        "start" => orders.order(start::task(name)).await,
        "pull" => orders.order(pull::task(name)).await,
        "volume" => orders.order(volume::task(name)).await,
        _ => {
            let text = format!("`kind` ({kind}) must be start, pull or volume");
            return refused(StatusCode::BAD_REQUEST, text);
        }
    };
    match stored {
        Ok(id) => Json(serde_json::json!({ "id": id })).into_response(),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn retry(
    State(window): State<Arc<Window>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_ours(&headers) {
        return refused(StatusCode::FORBIDDEN, "the request is not one of the window's");
    }
    let Ok(id) = id.parse() else {
        return refused(StatusCode::NOT_FOUND, "there is no such order");
    };
    match window.orders.retry(id).await {
        Ok(()) => Json(serde_json::json!({ "answer": "done" })).into_response(),
        Err(error) => refused(StatusCode::CONFLICT, error),
    }
}
