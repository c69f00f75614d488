//! Retries line by line, where there is no terminal.

use retry_runtime::events::Event;

/// The lines for an event and for the number of events that were lost before; empty for an event that gets no line.
pub(super) fn text(event: Option<&Event>, lost: u64) -> String {
    let mut text = String::new();
    if lost > 0 {
        text = format!("retries: {lost} events came too fast to be written\n");
    }
    let told = match event {
        Some(Event::RetryScheduled(_)) => event,
        Some(Event::CallFinished(finished)) if finished.attempts > 1 => event,
        _ => None,
    };
    if let Some(event) = told {
        let name = event.site().map(|site| format!("{site}: ")).unwrap_or_default();
        text.push_str(&format!("{name}{event}\n"));
    }
    text
}
