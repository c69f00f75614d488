//! The sum over several processes.

use std::collections::BTreeMap;

use super::model::{BudgetState, Function, Overview};

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
