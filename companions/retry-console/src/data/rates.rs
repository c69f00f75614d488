//! Calls by second and outcome, for the last five minutes.

use serde::{Deserialize, Serialize};

/// The number of seconds that are kept.
const SECONDS: usize = 300;

/// Calls by second and outcome, the oldest second first, at most 300 seconds.
///
/// ```
/// use retry_console::Rates;
///
/// let rates: Rates = serde_json::from_str(r#"{ "at": 2000, "step_ms": 1000, "first_try": [3, 4], "saved": [0, 1], "failed": [0, 0] }"#)?;
/// assert_eq!(rates.first_try.iter().sum::<u64>(), 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Rates {
    /// The time of the newest entry, in whole seconds; 0 while there is none.
    pub at: u64,
    /// The length of a step: 1 000 ms.
    pub step_ms: u64,
    /// Calls whose first attempt succeeded.
    pub first_try: Vec<u64>,
    /// Calls that a retry saved.
    pub saved: Vec<u64>,
    /// Calls that failed.
    pub failed: Vec<u64>,
}

/// The counts of all calls so far by outcome: first try, saved, failed.
pub(crate) type Totals = [u64; 3];

/// The counts of a process, sampled once a second.
#[derive(Debug, Default)]
pub(crate) struct Sampler {
    last: Option<(u64, Totals)>,
    rates: Rates,
}

impl Sampler {
    /// Takes the counts of all calls so far. A second without a sample is filled with an equal share, so that a late sample
    /// shows no peak.
    pub(crate) fn sample(&mut self, now_ms: u64, totals: Totals) {
        let second = now_ms / 1_000;
        let Some((last, before)) = self.last.replace((second, totals)) else { return };
        let steps = second.saturating_sub(last);
        if steps == 0 {
            // A second is told once: what came in it belongs to the next one.
            self.last = Some((last, before));
            return;
        }
        let shown = steps.min(SECONDS as u64);
        for (outcome, (now, before)) in totals.into_iter().zip(before).enumerate() {
            let new = now.saturating_sub(before);
            let row = self.rates.row(outcome);
            row.extend((0..shown).map(|step| share(new, steps, steps - shown + step)));
            let surplus = row.len().saturating_sub(SECONDS);
            row.drain(..surplus);
        }
        (self.rates.at, self.rates.step_ms) = (second * 1_000, 1_000);
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.rates
    }
}

/// The share of step `step` of `steps`; all shares together are `all`.
fn share(all: u64, steps: u64, step: u64) -> u64 {
    let upto = |step: u64| (u128::from(all) * u128::from(step) / u128::from(steps)) as u64;
    upto(step + 1) - upto(step)
}

impl Rates {
    fn row(&mut self, outcome: usize) -> &mut Vec<u64> {
        match outcome {
            0 => &mut self.first_try,
            1 => &mut self.saved,
            _ => &mut self.failed,
        }
    }

    /// Adds the rates of another process, second by second. The result ends at the later of the two ends.
    pub(crate) fn add(&mut self, other: &Rates) {
        if other.at == 0 {
            return;
        }
        let mut other = other.clone();
        let at = self.at.max(other.at);
        self.stretch(at);
        other.stretch(at);
        for outcome in 0..3 {
            let from = std::mem::take(other.row(outcome));
            let row = self.row(outcome);
            if row.len() < from.len() {
                row.splice(..0, std::iter::repeat_n(0, from.len() - row.len()));
            }
            let first = row.len() - from.len();
            row.iter_mut().skip(first).zip(from).for_each(|(sum, one)| *sum += one);
        }
    }

    /// Ends at `at`: what is missing is nothing.
    fn stretch(&mut self, at: u64) {
        let missing = (at.saturating_sub(self.at) / 1_000).min(SECONDS as u64) as usize;
        for outcome in 0..3 {
            let row = self.row(outcome);
            // Rates without an end have no entries to move.
            if !row.is_empty() {
                row.extend(std::iter::repeat_n(0, missing));
                let surplus = row.len().saturating_sub(SECONDS);
                row.drain(..surplus);
            }
        }
        (self.at, self.step_ms) = (at, 1_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(samples: &[(u64, u64)]) -> Rates {
        let mut sampler = Sampler::default();
        samples.iter().for_each(|(at, calls)| sampler.sample(*at, [*calls, 0, 0]));
        sampler.rates
    }

    #[test]
    fn a_second_shows_the_calls_since_the_sample_before() {
        let rates = sampled(&[(1_000, 5), (2_050, 8), (3_001, 8)]);
        assert_eq!((rates.at, &rates.first_try[..]), (3_000, &[3, 0][..]));
    }

    #[test]
    fn a_late_sample_is_spread_over_the_seconds_that_it_stands_for() {
        assert_eq!(sampled(&[(0, 0), (4_000, 10)]).first_try, [2, 3, 2, 3]);
    }

    #[test]
    fn two_samples_in_a_second_lose_no_call() {
        assert_eq!(sampled(&[(0, 0), (1_000, 2), (1_900, 7), (2_000, 9)]).first_try, [2, 7]);
    }

    #[test]
    fn five_minutes_are_kept_also_after_an_hour_without_a_sample() {
        let rates = sampled(&[(0, 0), (3_600_000, 7_200)]);
        assert_eq!((rates.first_try.len(), rates.first_try[0]), (300, 2));
    }

    #[test]
    fn rates_of_processes_are_added_by_the_second_and_not_by_the_place() {
        let mut one =
            Rates { at: 10_000, step_ms: 1_000, first_try: vec![1, 2, 3], ..Rates::default() };
        one.add(&Rates { at: 11_000, step_ms: 1_000, first_try: vec![10, 20], ..Rates::default() });
        assert_eq!((one.at, &one.first_try[..]), (11_000, &[1, 2, 13, 20][..]));
        let mut none = Rates::default();
        none.add(&one);
        assert_eq!(none.first_try, one.first_try);
    }
}
