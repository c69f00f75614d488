//! Scrapes a real Prometheus exporter and checks the metrics.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use retry_config::Config;
use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::events::ObserverGuard;
use retry_runtime::{Classify, Interruption, clear, retryable};

#[derive(Debug, thiserror::Error, Classify)]
enum Error {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("no such thing")]
    #[classify(permanent)]
    Missing,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// Fails `failures` times and then succeeds; 9 means a permanent failure.
#[retryable(
    max = 3, base = "1ms", jitter = none, deadline = "30s", attempt = attempt, name = "metrics::flaky"
)]
async fn flaky(failures: u32) -> Result<(), Error> {
    match failures {
        9 => Err(Error::Missing),
        _ if attempt.number() <= failures => Err(Error::Down),
        _ => Ok(()),
    }
}

#[retryable(
    max = 0,
    breaker("metrics::table", key = key, consecutive = 1, open = "10min"),
    budget = none,
    name = "metrics::guarded"
)]
async fn guarded(key: &str) -> Result<(), Error> {
    if key == "up" { Ok(()) } else { Err(Error::Down) }
}

#[retryable(
    max = 1, base = "0s", budget("metrics::shared", capacity = 4, refill = none), name = "metrics::payer"
)]
async fn payer() -> Result<(), Error> {
    Err(Error::Down)
}

#[retryable(max = 0, on = any, budget = none, name = "metrics::counted")]
fn counted() -> Result<(), String> {
    Ok(())
}

static SHARED: Breaker = Breaker::new("metrics::static", BreakerSettings::new());

#[retryable(base = "0s", budget("metrics::replaced", capacity = 6), breaker = SHARED, name = "metrics::a")]
fn replaced() -> Result<(), Error> {
    Err(Error::Down)
}

#[retryable(max = 0, budget = none, measure, name = "metrics::measured")]
async fn measured(millis: u64) -> Result<(), Error> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    Ok(())
}

#[allow(dead_code, reason = "exists only to share the breaker")]
#[retryable(budget = none, breaker = SHARED, name = "metrics::b")]
fn beside() -> Result<(), Error> {
    Ok(())
}

/// The address of the exporter; the exporter and the recorder live as long as the process.
fn exporter() -> SocketAddr {
    static EXPORTER: OnceLock<(SocketAddr, ObserverGuard)> = OnceLock::new();
    let (address, _) = EXPORTER.get_or_init(|| {
        // Another process may take the port between the two steps; then try another port.
        let installed = (0..20).find_map(|_| {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
            let builder = PrometheusBuilder::new().set_buckets(retry_metrics::SECONDS).unwrap();
            builder.with_http_listener(free).install().ok().map(|()| free)
        });
        (installed.expect("a free port"), retry_metrics::record())
    });
    *address
}

/// The lines of a scrape over HTTP.
fn scrape() -> Vec<String> {
    retry_metrics::publish();
    let mut stream = TcpStream::connect(exporter()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text.lines().map(str::to_owned).collect()
}

/// The value of a series, by its name and labels.
fn value(scraped: &[String], series: &str) -> Option<f64> {
    let line = scraped
        .iter()
        .find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

/// Makes the measured calls on a paused clock.
fn call_them() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true);
    runtime.build().unwrap().block_on(async {
        for failures in [0, 0, 2, 4, 9] {
            let _ = flaky(failures).await;
        }
        for key in ["down", "down", "up"] {
            let _ = guarded(key).await;
        }
        payer().await.unwrap_err();
        for millis in [20, 20, 3_000] {
            measured(millis).await.unwrap();
        }
    });
}

#[test]
fn a_scrape_has_every_metric_with_the_right_values() {
    // Outside of a runtime: otherwise the exporter would run on it and starve while the test blocks.
    exporter();
    call_them();
    let by_key = "retry_breaker_state{retry_breaker=\"metrics::table[down]\",retry_state=\"open\"}";
    assert_eq!(value(&scrape(), by_key), None, "keys are shown only to those who ask");
    retry_metrics::publish_keys(1);
    let scraped = scrape();
    retry_metrics::publish_keys(0);
    assert_eq!(value(&scraped, by_key), Some(1.0));
    assert!(!scraped.iter().any(|line| line.contains("metrics::table[up]")), "one key of two");
    for metric in retry_metrics::ALL {
        let described = format!("# TYPE {} ", metric.name.replace('.', "_"));
        assert!(scraped.iter().any(|line| line.starts_with(&described)), "no {}", metric.name);
    }
    let site = "retry_site=\"metrics::flaky\"";
    for (series, expected) in [
        (format!("retry_calls{{{site},retry_outcome=\"first_try\"}}"), 2.0),
        (format!("retry_calls{{{site},retry_outcome=\"after_retry\"}}"), 1.0),
        (format!("retry_calls{{{site},retry_outcome=\"failed\"}}"), 2.0),
        (format!("retry_calls{{{site},retry_outcome=\"cancelled\"}}"), 0.0),
        (format!("retry_attempts{{{site}}}"), 10.0),
        (format!("retry_retries{{{site},retry_number=\"1\"}}"), 2.0),
        (format!("retry_retries{{{site},retry_number=\"3\"}}"), 1.0),
        (format!("retry_retries_wasted{{{site}}}"), 3.0),
        (format!("retry_failures{{{site},retry_kind=\"transient\"}}"), 6.0),
        (format!("retry_failures{{{site},retry_kind=\"permanent\"}}"), 1.0),
        (format!("retry_stops{{{site},retry_reason=\"success\"}}"), 3.0),
        (format!("retry_stops{{{site},retry_reason=\"exhausted\"}}"), 1.0),
        (format!("retry_delay_count{{{site},retry_delay_source=\"backoff\"}}"), 5.0),
        (format!("retry_delay_sum{{{site},retry_delay_source=\"backoff\"}}"), 0.010),
        ("retry_attempt_duration_count{retry_site=\"metrics::measured\"}".into(), 3.0),
        ("retry_attempt_duration_bucket{retry_site=\"metrics::measured\",le=\"0.05\"}".into(), 2.0),
        (format!("retry_live{{{site}}}"), 0.0),
        ("retry_breaker_state{retry_breaker=\"metrics::table\",retry_state=\"open\"}".into(), 1.0),
        ("retry_breaker_state{retry_breaker=\"metrics::table\",retry_state=\"closed\"}".into(), 1.0),
        ("retry_breaker_rejections{retry_breaker=\"metrics::table\"}".into(), 1.0),
        (
            "retry_breaker_transitions{retry_breaker=\"metrics::table\",retry_state_from=\"closed\",\
             retry_state_to=\"open\"}"
                .into(),
            1.0,
        ),
        ("retry_budget_tokens{retry_budget=\"metrics::shared\"}".into(), 3.0),
        ("retry_budget_capacity{retry_budget=\"metrics::shared\"}".into(), 4.0),
    ] {
        let found = value(&scraped, &series).unwrap_or(f64::NAN);
        let like = || scraped.iter().filter(|line| line.contains("metrics::")).collect::<Vec<_>>();
        assert!((found - expected).abs() < 1e-9, "{series} is {found}: {:#?}", like());
    }
    let called = format!("retry_call_duration_count{{{site},retry_reason=\"exhausted\"}}");
    assert_eq!(value(&scraped, &called), Some(1.0), "{called}");
}

#[test]
fn counts_are_process_wide_however_often_they_are_published_or_cleared() {
    exporter();
    let series = "retry_calls{retry_site=\"metrics::counted\",retry_outcome=\"first_try\"}";
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..50).for_each(|_| retry_metrics::publish()));
        }
        for _ in 0..500 {
            counted().unwrap();
        }
    });
    assert_eq!(value(&scrape(), series), Some(500.0));
    clear("metrics::counted");
    // More calls than before, so that the totals alone cannot show that the statistics were cleared.
    for _ in 0..700 {
        counted().unwrap();
    }
    assert_eq!(value(&scrape(), series), Some(1200.0));
}

#[test]
fn a_budget_replaced_by_a_configuration_is_published_and_a_shared_breaker_only_once() {
    exporter();
    let toml = "[budget.\"metrics::replaced\"]\ncapacity = 2\nrefill = \"none\"\n\
                [budget.\"metrics::new\"]\ncapacity = 9\n[op.\"metrics::b\"]\nbudget = \"metrics::new\"";
    retry_config::apply(Config::from_toml(toml).unwrap().with_environment([("", ""); 0])).unwrap();
    replaced().unwrap_err();
    let scraped = scrape();
    for (series, expected) in [
        ("retry_budget_capacity{retry_budget=\"metrics::replaced\"}", 2.0),
        ("retry_budget_tokens{retry_budget=\"metrics::replaced\"}", 0.0),
        ("retry_budget_capacity{retry_budget=\"metrics::new\"}", 9.0),
        ("retry_breaker_state{retry_breaker=\"metrics::static\",retry_state=\"closed\"}", 1.0),
    ] {
        assert_eq!(value(&scraped, series), Some(expected), "{series}");
    }
}
