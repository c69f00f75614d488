//! The outcome of the calls of a simulation.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Grouped by the second in which the calls were made.
    pub(crate) seconds: Vec<Count>,
    /// Grouped by the host that the calls were for.
    pub(crate) hosts: Vec<Count>,
    /// Calls that the budget ended.
    pub(crate) refused: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) calls: u32,
    pub(crate) successes: u32,
    /// Not known by the second.
    pub(crate) attempts: u32,
}

impl Outcome {
    pub(crate) fn new(time: Duration, hosts: usize) -> Self {
        let none = |count| vec![Count::default(); count];
        Outcome { seconds: none(time.as_secs() as usize + 1), hosts: none(hosts), refused: 0 }
    }

    /// A call is made; returns its second.
    pub(crate) fn called(&mut self, at: Duration, host: usize) -> usize {
        let second = at.as_secs() as usize;
        self.seconds[second].calls += 1;
        self.hosts[host].calls += 1;
        second
    }

    pub(crate) fn attempted(&mut self, host: usize) {
        self.hosts[host].attempts += 1;
    }

    pub(crate) fn succeeded(&mut self, second: usize, host: usize) {
        self.seconds[second].successes += 1;
        self.hosts[host].successes += 1;
    }

    /// The number of seconds after `since` from which on 99 % of the calls of every second succeed; `None` if that is
    /// not before `until`.
    pub(crate) fn recovery(&self, since: Duration, until: Duration) -> Option<u64> {
        let (since, until) = (since.as_secs() as usize, until.as_secs() as usize);
        let last_bad = (since..until).rev().find(|second| self.seconds[*second].success() < 0.99);
        match last_bad {
            None => Some(0),
            Some(second) if second + 1 == until => None,
            Some(second) => Some((second + 1 - since) as u64),
        }
    }

    /// The successful calls per second, among the calls made in this time.
    pub(crate) fn goodput(&self, from: Duration, to: Duration) -> f64 {
        let seconds = &self.seconds[from.as_secs() as usize..to.as_secs() as usize];
        f64::from(Count::sum(seconds).successes) / seconds.len() as f64
    }

    pub(crate) fn total(&self) -> Count {
        Count::sum(&self.hosts)
    }
}

impl Count {
    pub(crate) fn sum(counts: &[Count]) -> Self {
        counts.iter().fold(Count::default(), |sum, count| Count {
            calls: sum.calls + count.calls,
            successes: sum.successes + count.successes,
            attempts: sum.attempts + count.attempts,
        })
    }

    /// The share of calls that succeeded; of no calls, all.
    pub(crate) fn success(self) -> f64 {
        if self.calls == 0 { 1.0 } else { f64::from(self.successes) / f64::from(self.calls) }
    }

    /// Attempts per call.
    pub(crate) fn amplification(self) -> f64 {
        f64::from(self.attempts) / f64::from(self.calls)
    }
}
