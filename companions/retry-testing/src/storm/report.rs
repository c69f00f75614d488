//! The result of a simulation.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::outage::{Outage, StormError, WARM_UP};
use super::run::run;
use super::scheme::Scheme;
use super::tally::{Second, Tally};

/// The share of calls that succeed once the load has recovered.
const GOOD: f64 = 0.99;

/// So many calls at least are taken together for a share of them.
const ENOUGH: f64 = 100.0;

/// An outage, and what each scheme made of it. Displays as tables.
///
/// ```
/// use retry_testing::storm::{Outage, Scheme, simulate};
/// use std::time::Duration;
///
/// let outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(20));
/// let storm = simulate(&outage, &[Scheme::no_retries()])?;
/// assert!(storm.to_string().starts_with("70 clients make 70 calls/s"));
/// # Ok::<(), retry_testing::storm::StormError>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Storm {
    /// The load and the server.
    pub outage: Outage,
    /// The time of the first entry of every list, in seconds from the stall's begin.
    pub from_s: i64,
    /// A row for each scheme, in their order.
    pub rows: Vec<Row>,
}

/// The result of one scheme. Counts are of calls made between the stall's begin and the end of the time that is watched.
///
/// ```
/// use retry_testing::storm::{Outage, Scheme, simulate};
/// use std::time::Duration;
///
/// let outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(20));
/// let storm = simulate(&outage, &[Scheme::no_retries()])?;
/// let row = &storm.rows[0];
/// assert_eq!((row.attempts, row.saved), (row.calls, 0));
/// # Ok::<(), retry_testing::storm::StormError>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The scheme's name.
    pub name: String,
    /// A remark, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Seconds from the end of the stall until, from then on, 99 % of calls succeed; `None` if that is not so within the
    /// time that is watched.
    pub recovered_s: Option<u64>,
    /// Calls that were made.
    pub calls: u64,
    /// Calls that succeeded, at any attempt.
    pub succeeded: u64,
    /// Calls that succeeded after a retry.
    pub saved: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Attempts that reached the server.
    pub attempts: u64,
    /// Attempts for each call; less than 1 where a breaker refuses calls.
    pub amplification: f64,
    /// The most requests that reached the server in one second.
    pub peak: u64,
    /// Retries that a budget refused, from the first second on.
    pub refused_by_budget: u64,
    /// Attempts that a breaker refused, from the first second on.
    pub refused_by_breaker: u64,
    /// Requests that reached the server, by the second.
    pub load: Vec<u64>,
    /// The share of calls that succeeded, by the second in which they were made.
    pub success: Vec<f64>,
}

/// Makes the calls of an outage under each scheme.
///
/// ```
/// use retry_testing::storm::{Outage, Scheme, simulate};
/// use std::time::Duration;
///
/// let outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(20));
/// let storm = simulate(&outage, &[Scheme::no_retries()])?;
/// assert_eq!(storm.rows.len(), 1);
/// # Ok::<(), retry_testing::storm::StormError>(())
/// ```
///
/// # Errors
///
/// A number of the outage or a scheme is out of its range, or the simulation takes longer than [`Outage::most_time`].
pub fn simulate(outage: &Outage, schemes: &[Scheme]) -> Result<Storm, StormError> {
    outage.check()?;
    schemes.iter().try_for_each(Scheme::check)?;
    let until = outage.most_time.map(|time| Instant::now() + time);
    let row = |scheme: &Scheme| Ok(Row::of(outage, scheme, &run(outage, scheme, until)?));
    let rows = schemes.iter().map(row).collect::<Result<_, _>>()?;
    Ok(Storm { outage: *outage, from_s: -(WARM_UP.as_secs() as i64), rows })
}

impl Row {
    fn of(outage: &Outage, scheme: &Scheme, tally: &Tally) -> Self {
        let measured = outage.measured();
        let end = whole(measured.end).min(tally.seconds.len());
        let seconds = &tally.seconds[whole(measured.start)..end];
        let sum = Second::sum(seconds);
        let of_calls = |attempts: u64| match sum.calls {
            0 => 0.0,
            calls => attempts as f64 / calls as f64,
        };
        Row {
            name: scheme.name.to_string(),
            note: scheme.note.map(str::to_owned),
            recovered_s: recovery(outage, tally),
            calls: sum.calls,
            succeeded: sum.succeeded,
            saved: sum.saved,
            failed: sum.calls - sum.succeeded,
            attempts: sum.attempts,
            amplification: of_calls(sum.attempts),
            peak: seconds.iter().map(|second| second.load).max().unwrap_or_default(),
            refused_by_budget: tally.refused_by_budget,
            refused_by_breaker: tally.refused_by_breaker,
            load: tally.seconds[..end].iter().map(|second| second.load).collect(),
            success: tally.seconds[..end].iter().map(|second| second.success()).collect(),
        }
    }
}

fn whole(time: Duration) -> usize {
    time.as_secs_f64().ceil() as usize
}

/// Seconds from the stall's end from which on nearly all calls succeed.
fn recovery(outage: &Outage, tally: &Tally) -> Option<u64> {
    let (since, until) = (whole(outage.stalled().end), whole(outage.measured().end));
    let step = (ENOUGH / outage.load()).ceil().clamp(1.0, 60.0) as usize;
    let mut good_from = since;
    for first in (since..until).step_by(step) {
        let last = (first + step).min(until);
        if Second::sum(&tally.seconds[first..last]).success() < GOOD {
            good_from = last;
        }
    }
    (good_from < until).then_some((good_from - since) as u64)
}
