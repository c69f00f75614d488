//! Requests that must be refused, and those that must not.

use super::*;

const LOCAL: &str = "host: 127.0.0.1:7600";

fn guard() -> Guard {
    Guard {
        operator: Some("operate-token".into()),
        viewer: Some("view-token".into()),
        hosts: vec!["admin.example.com".into()],
        ..Guard::default()
    }
}

fn asked(guard: &Guard, method: Method, lines: &[&str]) -> Result<Role, Refusal> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header");
        let name = axum::http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, value.parse().expect("a value"));
    }
    guard.role(&method, &headers, None)
}

#[track_caller]
fn refused(guard: &Guard, method: Method, lines: &[&str], refusal: Refusal) {
    assert_eq!(asked(guard, method, lines), Err(refusal), "{lines:?}");
}

#[test]
fn a_name_that_is_not_ours_is_refused_as_dns_rebinding_would_send_it() {
    let (guard, open) = (guard(), Guard::default());
    let token = "authorization: Bearer operate-token";
    for host in [
        "host: evil.example",
        "host: evil.example:7600",
        "host: 127.0.0.1.evil.example",
        "host: localhost.evil.example",
    ] {
        refused(&guard, Method::GET, &[host, token], Refusal::Host);
        refused(&open, Method::GET, &[host], Refusal::Host);
    }
    refused(&open, Method::GET, &[], Refusal::Host);
    refused(&open, Method::GET, &["host: localhost", "host: evil.example"], Refusal::Host);
}

#[test]
fn names_of_this_machine_addresses_and_named_hosts_are_ours() {
    let token = "authorization: Bearer operate-token";
    for host in [
        LOCAL,
        "host: localhost",
        "host: [::1]:7600",
        "host: 10.0.0.7:80",
        "host: Admin.Example.com",
    ] {
        assert_eq!(asked(&guard(), Method::GET, &[host, token]), Ok(Role::Operate), "{host}");
    }
}

#[test]
fn without_a_token_this_machine_alone_may_ask() {
    let open = Guard::default();
    assert_eq!(asked(&open, Method::GET, &[LOCAL]), Ok(Role::Operate));
    refused(&open, Method::GET, &["host: 10.0.0.7:7600"], Refusal::Remote);
    let headers = HeaderMap::from_iter([(header::HOST, "localhost".parse().unwrap())]);
    let far = Some([10, 0, 0, 9].into());
    assert_eq!(open.role(&Method::GET, &headers, far), Err(Refusal::Remote));
}

#[test]
fn a_missing_or_wrong_token_is_refused() {
    let guard = guard();
    refused(&guard, Method::GET, &[LOCAL], Refusal::Token);
    for wrong in ["", "operate-toke", "operate-tokem", "operate-token2", "OPERATE-TOKEN"] {
        refused(
            &guard,
            Method::GET,
            &[LOCAL, &format!("authorization: Bearer {wrong}")],
            Refusal::Token,
        );
        refused(
            &guard,
            Method::GET,
            &[LOCAL, &format!("cookie: {COOKIE}={wrong}")],
            Refusal::Token,
        );
    }
    refused(
        &guard,
        Method::GET,
        &[LOCAL, "authorization: Basic b3BlcmF0ZS10b2tlbg=="],
        Refusal::Token,
    );
    // The cookie of a reader does not make a wrong header good.
    let both = [LOCAL, "authorization: Bearer no", "cookie: retry_console=operate-token"];
    refused(&guard, Method::GET, &both, Refusal::Token);
}

#[test]
fn a_page_of_another_site_is_refused_whatever_its_cookie_says() {
    let guard = guard();
    let cookie = "cookie: a=b; retry_console=operate-token";
    let order = "x-retry-console: 1";
    assert_eq!(asked(&guard, Method::POST, &[LOCAL, cookie, order]), Ok(Role::Operate));
    for line in [
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
        "origin: https://evil.example",
        "origin: null",
        "origin: http://127.0.0.1:7601",
        "origin: http://127.0.0.1:7600.evil.example",
    ] {
        refused(&guard, Method::POST, &[LOCAL, cookie, order, line], Refusal::CrossSite);
        refused(&guard, Method::GET, &[LOCAL, cookie, line], Refusal::CrossSite);
    }
    let own = ["sec-fetch-site: same-origin", "origin: http://127.0.0.1:7600"];
    assert!(asked(&guard, Method::POST, &[LOCAL, cookie, order, own[0], own[1]]).is_ok());
    let link = ["sec-fetch-site: cross-site", "sec-fetch-mode: navigate"];
    refused(&guard, Method::GET, &[LOCAL, link[0], link[1]], Refusal::Token);
}

#[test]
fn an_order_needs_the_header_and_the_right() {
    let guard = guard();
    let operator = "authorization: Bearer operate-token";
    refused(&guard, Method::POST, &[LOCAL, operator], Refusal::Header);
    let viewer = "authorization: Bearer view-token";
    assert_eq!(asked(&guard, Method::GET, &[LOCAL, viewer]), Ok(Role::View));
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        refused(&guard, method, &[LOCAL, viewer, "x-retry-console: 1"], Refusal::ViewOnly);
    }
}

#[test]
fn a_read_only_console_takes_no_order_from_anybody() {
    let guard = Guard { is_read_only: true, ..guard() };
    let operator = "authorization: Bearer operate-token";
    assert_eq!(asked(&guard, Method::GET, &[LOCAL, operator]), Ok(Role::View));
    refused(&guard, Method::POST, &[LOCAL, operator, "x-retry-console: 1"], Refusal::ReadOnly);
}

#[test]
fn the_debug_text_of_a_console_does_not_tell_its_tokens() {
    let text = format!("{:?}", guard());
    assert!(!text.contains("token\"") && !text.contains("operate-token"), "{text}");
}
