//! The sum over several processes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::model::{BudgetState, Function, News, Overview};

impl Overview {
    /// Adds the figures of another process.
    pub(crate) fn add(&mut self, other: &Overview) {
        // Named one by one, so that a new figure cannot be forgotten.
        let Overview { counts, waiting, breakers, not_closed, tasks_due, oldest_due_ms, rates } =
            other;
        self.counts.add(counts);
        self.waiting += waiting;
        self.breakers += breakers;
        self.not_closed += not_closed;
        // Processes that share a store tell the same tasks: the larger number is the later one.
        self.tasks_due = self.tasks_due.max(*tasks_due);
        self.oldest_due_ms = self.oldest_due_ms.max(*oldest_due_ms);
        self.rates.add(rates);
    }
}

impl Function {
    /// Adds the figures of the same function in another process.
    pub(crate) fn add(&mut self, other: &Function) {
        self.counts.add(&other.counts);
        self.waiting += other.waiting;
        self.instances += other.instances;
        if self.success_by_attempt.len() < other.success_by_attempt.len() {
            self.success_by_attempt.resize(other.success_by_attempt.len(), 0);
        }
        self.success_by_attempt
            .iter_mut()
            .zip(&other.success_by_attempt)
            .for_each(|(sum, one)| *sum += one);
        add_counts(&mut self.failures, &other.failures);
        add_counts(&mut self.reasons, &other.reasons);
        self.latency = match (self.latency.take(), &other.latency) {
            (Some(mut sum), Some(latency)) => {
                sum.add(latency);
                Some(sum)
            }
            (one, other) => one.or_else(|| other.clone()),
        };
        self.find_quantiles();
        match (&mut self.budget, &other.budget) {
            (Some(budget), Some(other)) => budget.add(other),
            (none, other) => *none = none.take().or_else(|| other.clone()),
        }
        for finding in &other.findings {
            if !self.findings.contains(finding) {
                self.findings.push(finding.clone());
            }
        }
    }
}

impl Function {
    /// Reads the quantiles off the durations.
    pub(crate) fn find_quantiles(&mut self) {
        if let Some(latency) = &self.latency {
            let millis =
                |time: Option<Duration>| time.map(|time| rounded(time.as_secs_f64() * 1e3));
            (self.p50_ms, self.p99_ms) = (millis(latency.p50()), millis(latency.p99()));
        }
    }
}

/// Three digits: a bucket of the durations is a sixteenth wide.
fn rounded(millis: f64) -> f64 {
    if millis <= 0.0 {
        return 0.0;
    }
    let digits = 10_f64.powf((2.0 - millis.log10().floor()).min(6.0));
    (millis * digits).round() / digits
}

impl BudgetState {
    fn add(&mut self, other: &BudgetState) {
        self.available += other.available;
        self.capacity += other.capacity;
        self.owed += other.owed;
    }
}

fn add_counts(counts: &mut BTreeMap<String, u64>, other: &BTreeMap<String, u64>) {
    for (name, count) in other {
        *counts.entry(name.clone()).or_default() += count;
    }
}

/// The functions of several processes, added up by name.
pub(crate) fn functions<'f>(all: impl IntoIterator<Item = &'f Function>) -> Vec<Function> {
    let mut sums: BTreeMap<&str, Function> = BTreeMap::new();
    for function in all {
        match sums.get_mut(function.name.as_str()) {
            Some(sum) => sum.add(function),
            None => {
                sums.insert(&function.name, function.clone());
            }
        }
    }
    sums.into_values().collect()
}

impl News {
    /// The news of several processes to tell, the oldest first. Those of single calls make room for the rest, which is rarer
    /// and says more: an outage has hundreds of them in the time of one change of a breaker.
    pub(crate) fn newest(mut news: Vec<News>, most: usize) -> Vec<News> {
        news.sort_by_key(|news| news.at);
        let mut surplus = news.len().saturating_sub(most);
        news.retain(|news| {
            let goes = surplus > 0 && news.is_of_one_call();
            surplus -= usize::from(goes);
            !goes
        });
        news.drain(..surplus);
        news
    }

    fn is_of_one_call(&self) -> bool {
        let kind = self.event.split('.').next().unwrap_or_default();
        matches!(kind, "call" | "attempt" | "retry") || self.event == "breaker.rejected"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::model::CallCounts;

    fn function(name: &str, calls: u64, attempts: u64) -> Function {
        Function {
            name: name.into(),
            counts: CallCounts { calls, attempts, ..CallCounts::default() },
            instances: 1,
            success_by_attempt: vec![calls],
            failures: BTreeMap::from([("transient".to_owned(), attempts - calls)]),
            ..Function::default()
        }
    }

    #[test]
    fn a_function_of_two_processes_is_one_with_the_sum_of_their_counts() {
        let all = [function("b", 10, 20), function("a", 1, 1), function("b", 30, 40)];
        let sums = functions(&all);
        assert_eq!(sums.len(), 2);
        assert_eq!((sums[1].counts.calls, sums[1].counts.attempts, sums[1].instances), (40, 60, 2));
        assert_eq!((sums[1].counts.amplification, sums[1].failures["transient"]), (1.5, 20));
        assert_eq!(sums[1].success_by_attempt, [40]);
    }

    #[test]
    fn the_quantiles_of_two_processes_are_those_of_all_their_attempts() {
        let measured = |millis: u64, count: u64| {
            let text = format!(r#"{{ "buckets": [[{}, {count}]] }}"#, millis * 1_000_000);
            let latency = Some(serde_json::from_str(&text).expect("buckets"));
            Function { latency, ..function("a", 1, 1) }
        };
        let mut sum = measured(10, 60);
        sum.add(&measured(1_000, 40));
        let [p50, p99] = [sum.p50_ms, sum.p99_ms].map(|ms| ms.expect("it is measured"));
        assert!((p50 / 10.0 - 1.0).abs() < 0.04 && (p99 / 1_000.0 - 1.0).abs() < 0.04);
        sum.add(&function("a", 1, 1));
        assert_eq!(sum.latency.map(|latency| latency.count()), Some(100));
    }

    #[test]
    fn a_change_of_a_breaker_outlives_the_news_of_single_calls_of_other_processes() {
        let news = |at, event: &str| News {
            at,
            instance: String::new(),
            event: event.to_owned(),
            name: String::new(),
            text: String::new(),
        };
        let mut all = vec![news(1, "breaker.transition"), news(2, "config.applied")];
        all.extend((3..300).map(|at| news(at, "call.finished")));
        let told: Vec<u64> = News::newest(all.clone(), 4).iter().map(|news| news.at).collect();
        assert_eq!(told, [1, 2, 298, 299]);
        let told: Vec<u64> = News::newest(all, 1).iter().map(|news| news.at).collect();
        assert_eq!(told, [2]);
    }

    #[test]
    fn the_amplification_of_two_processes_is_that_of_all_their_calls() {
        let overview = |calls, unattempted, attempts| {
            let counts = CallCounts { calls, unattempted, attempts, ..CallCounts::default() };
            Overview { counts, ..Overview::default() }
        };
        let mut one = overview(12, 2, 20);
        one.add(&overview(10, 0, 10));
        assert_eq!((one.counts.calls, one.counts.attempts), (22, 30));
        assert_eq!(one.counts.amplification, 1.5);
        one.add(&Overview::default());
        assert_eq!(one.counts.amplification, 1.5);
    }
}
