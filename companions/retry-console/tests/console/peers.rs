//! Several processes in one console. Here the processes are consoles of this one, so their counts are the same.

use axum::http::StatusCode;
use retry_runtime::retryable;
use tokio::net::TcpListener;

use super::{app, console, get, post};

#[retryable(max = 0, breaker("console shared"), name = "console::everywhere")]
fn everywhere() -> std::io::Result<u32> {
    Ok(1)
}

#[tokio::test]
async fn a_console_adds_up_its_peers_and_passes_orders_to_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().unwrap());
    let peer = console().name("peer").build().expect("a console");
    let server = tokio::spawn(peer.serve_on(listener));
    everywhere().unwrap();

    let app = app(console()
        .peers([address.clone(), "http://127.0.0.1:1".into()])
        .build()
        .expect("a console"));
    let state = loop {
        let state = get(&app, "/api/snapshot").await.json();
        let processes = state["processes"].as_array().unwrap();
        if processes.len() == 3 && processes.iter().any(|it| it["name"] == "peer") {
            break state;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let processes = state["processes"].as_array().unwrap();
    let peer = processes.iter().find(|it| it["name"] == "peer").unwrap();
    assert_eq!((&peer["peer"], &peer["stale"]), (&address.as_str().into(), &false.into()));
    assert_eq!(
        processes.iter().filter(|it| it["stale"] == true).count(),
        1,
        "one peer does not exist"
    );
    let function = state["functions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "console::everywhere")
        .unwrap();
    assert_eq!((&function["calls"], &function["instances"]), (&2.into(), &2.into()));
    let ids: Vec<&str> = state["breakers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["name"] == "console shared")
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);

    let theirs =
        ids.into_iter().find(|id| id.starts_with(peer["instance"].as_str().unwrap())).unwrap();
    let answer =
        post(&app, &format!("/api/breakers/{}/force_open", theirs.replace(' ', "%20")), "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
    let mode = retry_runtime::breaker("console shared").unwrap().mode();
    assert_eq!(mode, retry_runtime::breaker::Mode::ForcedOpen);
    retry_runtime::breaker("console shared").unwrap().reset();

    server.abort();
    let _ = server.await;
    let answer =
        post(&app, &format!("/api/breakers/{}/reset", theirs.replace(' ', "%20")), "").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.error().starts_with(&address), "{}", answer.error());
}
