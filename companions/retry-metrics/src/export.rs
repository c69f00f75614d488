//! Publishing at an interval, on a thread of its own.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use retry_runtime::events::ObserverGuard;

use super::{publish, record};

/// The shortest period.
const SHORTEST: Duration = Duration::from_millis(10);

/// Records and publishes: calls [`record`], and [`publish`] every `period` (at least 10 ms) on a thread of its own,
/// until the value is dropped.
///
/// ```
/// use std::time::Duration;
///
/// let export = retry_metrics::export(Duration::from_secs(5))?; // after the exporter was installed
/// # drop(export);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The system cannot start a thread.
pub fn export(period: Duration) -> io::Result<Export> {
    let (stop, stopped) = mpsc::channel();
    let period = period.max(SHORTEST);
    publish();
    thread::Builder::new().name("retry-metrics".to_owned()).spawn(move || {
        // Nothing is ever sent: the other end is dropped.
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(period) {
            publish();
        }
    })?;
    Ok(Export { _recording: record(), _stop: stop })
}

/// Keeps the metrics up to date. Dropped, it publishes once more and ends its thread.
///
/// ```
/// use std::time::Duration;
///
/// let export = retry_metrics::export(Duration::from_secs(5))?;
/// drop(export); // at the end of the program: publishes once more
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "dropped, it ends the export"]
pub struct Export {
    _recording: ObserverGuard,
    _stop: Sender<()>,
}

impl Drop for Export {
    fn drop(&mut self) {
        publish();
    }
}
