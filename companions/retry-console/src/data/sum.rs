//! The sum over several processes.

use std::collections::BTreeMap;

use super::model::{BudgetState, Function, Overview};

impl Overview {
    /// Adds the figures of another process.
    pub(crate) fn add(&mut self, other: &Overview) {
        // Named one by one, so that a new figure cannot be forgotten.
        let Overview {
            calls,
            first_try,
            saved,
            failed,
            cancelled,
            unattempted,
            attempts,
            amplification: _,
            waiting,
            breakers,
            not_closed,
            tasks_due,
            oldest_due_ms,
            rates,
        } = other;
        self.calls += calls;
        self.first_try += first_try;
        self.saved += saved;
        self.failed += failed;
        self.cancelled += cancelled;
        self.unattempted += unattempted;
        self.attempts += attempts;
        self.waiting += waiting;
        self.breakers += breakers;
        self.not_closed += not_closed;
        // Processes that share a store tell the same tasks: the larger number is the later one.
        self.tasks_due = self.tasks_due.max(*tasks_due);
        self.oldest_due_ms = self.oldest_due_ms.max(*oldest_due_ms);
        self.rates.add(rates);
        self.amplification = amplification(self.attempts, self.calls - self.unattempted);
    }
}

impl Function {
    /// Adds the figures of the same function in another process.
    pub(crate) fn add(&mut self, other: &Function) {
        self.calls += other.calls;
        self.first_try += other.first_try;
        self.saved += other.saved;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.unattempted += other.unattempted;
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.waiting += other.waiting;
        self.instances += other.instances;
        self.amplification = amplification(self.attempts, self.calls - self.unattempted);
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

/// Attempts for each call that made one; 0 while there is none.
pub(crate) fn amplification(attempts: u64, calls: u64) -> f64 {
    if calls > 0 { attempts as f64 / calls as f64 } else { 0.0 }
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

    fn function(name: &str, calls: u64, attempts: u64) -> Function {
        Function {
            name: name.into(),
            calls,
            attempts,
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
        assert_eq!((sums[1].calls, sums[1].attempts, sums[1].instances), (40, 60, 2));
        assert_eq!((sums[1].amplification, sums[1].failures["transient"]), (1.5, 20));
        assert_eq!(sums[1].success_by_attempt, [40]);
    }

    #[test]
    fn the_amplification_of_two_processes_is_that_of_all_their_calls() {
        let mut one = Overview { calls: 12, unattempted: 2, attempts: 20, ..Overview::default() };
        one.add(&Overview { calls: 10, attempts: 10, ..Overview::default() });
        assert_eq!((one.calls, one.attempts, one.amplification), (22, 30, 1.5));
        one.add(&Overview::default());
        assert_eq!(one.amplification, 1.5);
    }
}
