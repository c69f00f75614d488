//! Runs the tool twice: to the end, and with an interruption.

use std::error::Error;
use std::process::{Command, id};
use std::time::{Duration, Instant};

use indicatif::MultiProgress;
use retry_examples::line_server::{LineServer, Reply};
use retry_examples::story::Checks;
use retry_runtime::live;

use super::{Cause, Settings, Tool, ToolError, ctrl_c, exit_code, fetch_all};

/// Settings with short delays for this demonstration.
pub(super) const SETTINGS: &str = r#"{ "retry_max": 2, "retry_delay_ms": 50, "timeout_secs": 30 }"#;

/// A server that loses its first reply for one item and never answers some others correctly.
pub(super) async fn server() -> std::io::Result<LineServer> {
    LineServer::start(|item, before| match item {
        "dead" => Reply::HangUp,
        "text" => Reply::line("one hundred"),
        "old" => Reply::line(answer(0, item)),
        "slow" => Reply::Silence,
        "late" if before == 0 => Reply::HangUp,
        _ => Reply::After(Duration::from_millis(20), answer(1, item)),
    })
    .await
}

fn answer(version: u32, item: &str) -> String {
    format!(r#"{{ "version": {version}, "item": "{item}", "size": 100 }}"#)
}

pub(super) async fn all(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let settings: Settings = serde_json::from_str(SETTINGS)?;
    settings.apply()?;
    let server = server().await?;
    let timeout = Duration::from_secs(settings.timeout_secs);
    let bars = MultiProgress::new();
    let tool = Tool { server: server.address(), at_once: 2, timeout, bars };

    let items = ["late", "a", "dead", "b", "text", "c", "old", "late"];
    let sizes = fetch_all(&tool, &items, ctrl_c()).await;
    for (item, size) in items.iter().zip(&sizes) {
        match size {
            Ok(size) => println!("{item:5} {size}"),
            Err(error) => println!("{item:5} {error}"),
        }
    }
    println!();
    let good = sizes.iter().filter(|size| size.is_ok()).count();
    checks.check("every available item was fetched, with or without a retry", good == 5);
    let tries = |item: &str| server.seen().lines.iter().filter(|line| *line == item).count();
    checks.check("one item was given up after three attempts", tries("dead") == 3);
    let once = tries("text") == 1 && tries("old") == 1;
    checks.check("a response that is not JSON or has another version is not retried", once);
    checks.check("there were never more than two attempts at once", server.seen().at_once <= 2);
    checks.check("the exit code shows that some items failed", exit_code(&sizes) == 1);

    Settings { retry_delay_ms: 30_000, ..settings }.apply()?;
    let started = Instant::now();
    let (sizes, pressed) =
        tokio::join!(fetch_all(&tool, &["slow", "dead"], ctrl_c()), press_when_waiting());
    pressed?;
    sizes.iter().filter_map(|size| size.as_ref().err()).for_each(|error| println!("{error}"));
    println!();
    let interrupted =
        |size: &Result<u64, _>| matches!(size, Err(ToolError::Cancelled(Cause::Interrupt)));
    checks.check(
        "ctrl-c ends an attempt and a sleep of up to 30 s at once",
        sizes.iter().all(interrupted) && started.elapsed() < Duration::from_secs(20),
    );
    checks.check("the exit code shows the interruption", exit_code(&sizes) == 130);
    Ok(())
}

/// Sends ctrl-c to this process as soon as a call sleeps.
pub(super) async fn press_when_waiting() -> std::io::Result<()> {
    let mut changes = live::watch();
    while !live::calls().iter().any(live::LiveCall::is_waiting) {
        changes.changed().await;
    }
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", id())]).status()?;
    if sent.success() { Ok(()) } else { Err(std::io::Error::other("cannot send the signal")) }
}
