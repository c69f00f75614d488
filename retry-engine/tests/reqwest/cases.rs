// Included for each version of `reqwest`.

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// The response's text, or what went wrong on the way.
fn get(client: reqwest::ClientBuilder, address: SocketAddr) -> reqwest::Result<String> {
    run(async {
        let response = client.build()?.get(format!("http://{address}/")).send().await?;
        response.error_for_status()?.text().await
    })
}

fn check(address: SocketAddr, kind: Kind) {
    let error = get(client(), address).unwrap_err();
    assert_eq!(error.classify(), Class::new(kind), "{error:?}");
}

#[test]
fn a_refused_connection_is_transient() {
    // Bound and not listened to, the port is nobody else's.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    check(closed.local_addr().unwrap(), Kind::Transient);
}

#[test]
fn a_connection_that_closes_before_the_response_is_ambiguous() {
    check(says(""), Kind::Ambiguous);
}

#[test]
fn a_connection_that_closes_within_the_head_is_ambiguous() {
    check(says("HTTP/1.1 200 OK\r\nContent-Le"), Kind::Ambiguous);
}

#[test]
fn a_connection_that_closes_within_the_body_is_ambiguous() {
    check(says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), Kind::Ambiguous);
}

#[test]
fn an_answer_in_another_protocol_is_permanent() {
    check(says("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Kind::Permanent);
}

#[test]
fn a_response_that_does_not_come_in_time_is_ambiguous() {
    let address = server(|stream| {
        // Ends when the client hangs up.
        let _ = stream.read(&mut [0]);
    });
    let error = get(client().timeout(Duration::from_millis(50)), address).unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.classify(), Class::new(Kind::Ambiguous));
}

#[test]
fn a_status_is_judged_by_its_code() {
    let status = |line| says(line);
    check(status("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), Kind::Ambiguous);
    check(status("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), Kind::Ambiguous);
    check(status("HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n"), Kind::Ambiguous);
    check(status("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"), Kind::Permanent);
}

#[test]
fn a_response_brings_its_hint() {
    let address = says("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    let class = run(async {
        let client = client().build().unwrap();
        client.get(format!("http://{address}/")).send().await.unwrap().classify()
    });
    assert_eq!(class, Class::new(Kind::Throttled).after(Duration::from_secs(7)));
}

#[test]
fn check_status_keeps_the_hint_that_error_for_status_loses() {
    const BUSY: &str = "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nwait";
    let answer = |address| async move {
        client().build().unwrap().get(format!("http://{address}/")).send().await.unwrap()
    };
    run(async {
        let error = answer(says(BUSY)).await.check_status().unwrap_err();
        let after = Class::new(Kind::Throttled).after(Duration::from_secs(1));
        assert_eq!(error.classify(), after);
        let lost = answer(says(BUSY)).await.error_for_status().unwrap_err();
        assert_eq!(lost.classify(), Class::new(Kind::Throttled));
        // By reference, the body of the error is there to be read.
        let response = answer(says(BUSY)).await;
        assert_eq!((&response).check_status().unwrap_err().classify(), after);
        assert_eq!(response.text().await.unwrap(), "wait");
    });
}

#[test]
fn check_status_leaves_the_body_of_a_success() {
    let address = says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
    let text = run(async {
        let client = client().build().unwrap();
        let response = client.get(format!("http://{address}/")).send().await.unwrap();
        response.check_status().unwrap().text().await.unwrap()
    });
    assert_eq!(text, "body");
}

#[test]
fn a_wrong_url_is_permanent() {
    let error = run(async { client().build()?.get("http://").send().await }).unwrap_err();
    assert!(error.is_builder());
    assert_eq!(error.classify(), Class::new(Kind::Permanent));
}

#[test]
fn endless_redirects_are_permanent() {
    let address = says("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    let never = reqwest::redirect::Policy::custom(|attempt| attempt.error("no redirects here"));
    let error = get(client().redirect(never), address).unwrap_err();
    assert!(error.is_redirect());
    assert_eq!(error.classify(), Class::new(Kind::Permanent));
}

#[test]
fn a_description_keeps_secrets_to_itself() {
    let address = says("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n");
    let error = run(async {
        let url = format!("http://alice:secret@{address}/path?key=secret#secret");
        let response = client().build().unwrap().get(url).send().await.unwrap();
        response.error_for_status().unwrap_err()
    });
    assert!(error.to_string().contains("key=secret"), "{error}");
    let text = error.describe();
    assert!(text.contains(&format!("http://{address}/path)")), "{text}");
    assert!(!text.contains("secret") && !text.contains("alice"), "{text}");
}
