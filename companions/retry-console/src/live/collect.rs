//! The state of this process, asked of the engine.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use retry_config::{Declared, Explanation};
use retry_runtime::breaker::Mode;
use retry_runtime::{Site, Stats, StopReason, live as calls};

use super::clock::Now;
use super::memory::Memory;
use crate::data::model::{
    BreakerState, BudgetState, CallCounts, Function, Live, LiveState, Overview, Setting, Snapshot,
};

/// The state of one process.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Own {
    pub(crate) overview: Overview,
    pub(crate) functions: Vec<Function>,
    pub(crate) live: Vec<Live>,
    pub(crate) live_total: u64,
    pub(crate) breakers: Vec<BreakerState>,
}

/// Facts that rarely change and that a look does not ask for again.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The names of the budget and the breaker of each function, as their attributes have them.
    names: HashMap<String, (Option<String>, Option<String>)>,
    /// The findings of the doctor by function, and when it is asked again.
    findings: HashMap<&'static str, Vec<String>>,
    next: Option<Instant>,
}

/// How often the doctor is asked.
const EXAMINED: Duration = Duration::from_secs(5);
/// The pause after an examination is that many times longer than the examination, which compares all functions.
const SHARE: u32 = 500;

impl Known {
    /// Asks the doctor, unless that was done a short time ago.
    fn examine(&mut self) {
        let began = Instant::now();
        if self.next.is_some_and(|next| began < next) {
            return;
        }
        self.findings.clear();
        for diagnosis in retry_runtime::doctor() {
            let finding = diagnosis.finding.to_string();
            self.findings.entry(diagnosis.name).or_default().push(finding);
        }
        self.next = Some(Instant::now() + EXAMINED.max(began.elapsed() * SHARE));
    }

    /// The names for all functions; those that are declared later are asked for again.
    fn refresh(&mut self) {
        fn named<S>(declared: Declared<S>, own: &str) -> Option<String> {
            match declared {
                Declared::None | Declared::Static => None,
                Declared::Own { .. } => Some(own.to_owned()),
                Declared::Named { name, .. } | Declared::Keyed { name, .. } => Some(name),
            }
        }
        // What was known stays: a function that no export has would else be asked for again at each look.
        self.names.extend(retry_config::export().sites.into_iter().map(|site| {
            let names = (named(site.budget, &site.name), named(site.breaker, &site.name));
            (site.name, names)
        }));
    }

    fn of(&mut self, name: &str) -> (Option<String>, Option<String>) {
        if !self.names.contains_key(name) {
            self.refresh();
        }
        self.names.entry(name.to_owned()).or_default().clone()
    }
}

/// The counts of all functions so far, by outcome: the parts of labels are in their functions.
pub(crate) fn totals() -> [u64; 3] {
    let all = retry_runtime::overview();
    [all.first_try, all.after_retry, all.failed]
}

/// The modes of all breakers.
pub(crate) fn modes() -> Vec<(String, Mode)> {
    let all = retry_runtime::breakers();
    all.iter().map(|breaker| (breaker.name().to_owned(), breaker.mode())).collect()
}

/// The settings in force of every function, each with its origin.
pub(crate) fn settings() -> BTreeMap<String, Vec<Setting>> {
    // Not one by one: each explanation resolves the whole program.
    let all = retry_config::explain_all().into_iter();
    all.map(|explained| (explained.name.clone(), told(explained))).collect()
}

pub(crate) fn settings_of(name: &str) -> Vec<Setting> {
    retry_config::explain(name).map(told).unwrap_or_default()
}

fn told(explained: Explanation) -> Vec<Setting> {
    let rows = explained.settings.into_iter();
    rows.map(|row| Setting {
        setting: row.setting.to_owned(),
        value: row.value,
        origin: row.origin.to_string(),
    })
    .collect()
}

pub(crate) fn own(instance: &str, now: Now, known: &mut Known, memory: &Memory) -> Own {
    let (live, live_total, mut waiting) = live(instance, now);
    let budgets = retry_runtime::budgets();
    known.examine();
    let mut functions: BTreeMap<String, Function> = BTreeMap::new();
    let mut all = Stats::default();
    for site in retry_runtime::sites() {
        let stats = site.stats();
        all.add(&stats);
        let parts = site.parts().into_iter().map(|part| (part, Some(site)));
        for (site, whole) in std::iter::once((site, None)).chain(parts) {
            let stats = if whole.is_none() { stats.clone() } else { site.stats() };
            let mut function = function(site, &stats);
            function.part_of = whole.map(|whole| whole.name().to_owned());
            // Taken, so that functions that share a name count their calls once.
            function.waiting = waiting.remove(site.name()).unwrap_or(0);
            let (budget, breaker) = known.of(whole.unwrap_or(site).name());
            function.budget = budget.and_then(|name| {
                let budget = budgets.get(name.as_str())?;
                Some(BudgetState::new(name, budget.capacity(), budget.owed()))
            });
            function.breaker = breaker;
            function.findings = known.findings.get(site.name()).cloned().unwrap_or_default();
            match functions.get_mut(&function.name) {
                // Functions that share a name are one.
                Some(namesake) => {
                    namesake.add(&Function { instances: 0, budget: None, ..function });
                }
                None => {
                    functions.insert(function.name.clone(), function);
                }
            }
        }
    }
    let breakers = breakers(instance, now, memory);
    let overview = Overview {
        counts: CallCounts::from(&all),
        waiting: live_total,
        breakers: breakers.len() as u64,
        not_closed: breakers.iter().filter(|it| it.mode != Mode::Closed.name()).count() as u64,
        rates: memory.sampler.rates().clone(),
        ..Overview::default()
    };
    let functions = functions.into_values().collect();
    Own { overview, functions, live, live_total, breakers }
}

impl BudgetState {
    /// Tokens to a tenth, and one number from the others: a bucket that refills by a token a minute changes every six
    /// seconds for a reader, and not at each look.
    fn new(name: String, capacity: f64, owed: f64) -> Self {
        let tenths = |tokens: f64| (tokens * 10.0).round();
        let (capacity, owed) = (tenths(capacity), tenths(owed));
        let available = (capacity - owed).max(0.0);
        let [available, capacity, owed] = [available, capacity, owed].map(|tenths| tenths / 10.0);
        BudgetState { name, available, capacity, owed }
    }
}

fn function(site: &'static Site, stats: &Stats) -> Function {
    let mut failures = BTreeMap::new();
    let mut counted = stats.failures;
    for kind in retry_runtime::Kind::ALL {
        let count = *counted.of(kind);
        if count > 0 {
            failures.insert(kind.name().to_owned(), count);
        }
    }
    let reasons = stats.reasons.all().filter(|(_, count)| *count > 0);
    let mut function = Function {
        name: site.name().to_owned(),
        file: site.file().to_owned(),
        line: site.line(),
        is_async: site.is_async(),
        counts: CallCounts::from(stats),
        success_by_attempt: stats.success_by_attempt.clone(),
        failures,
        reasons: reasons.map(|(reason, count)| (StopReason::name(reason).into(), count)).collect(),
        latency: site.latency(),
        instances: 1,
        ..Function::default()
    };
    function.find_quantiles();
    function
}

/// The calls that wait the shortest, the number of all calls, and their number by function.
fn live(instance: &str, now: Now) -> (Vec<Live>, u64, HashMap<&'static str, u64>) {
    let mut all: Vec<_> =
        calls::calls().into_iter().map(|call| (call.next_attempt_at(), call)).collect();
    let mut waiting: HashMap<&'static str, u64> = HashMap::new();
    all.iter().for_each(|(_, call)| *waiting.entry(call.name()).or_default() += 1);
    let total = all.len() as u64;
    if all.len() > Snapshot::MAX_LIVE {
        all.select_nth_unstable_by_key(Snapshot::MAX_LIVE, |(next, _)| *next);
        all.truncate(Snapshot::MAX_LIVE);
    }
    all.sort_by_key(|(next, call)| (*next, call.id()));
    let shown = all.into_iter().map(|(next, call)| Live {
        id: format!("{instance}-{}", call.id()),
        instance: instance.to_owned(),
        name: call.name().to_owned(),
        attempt: call.attempt(),
        limit: call.limit(),
        state: match next {
            _ if call.is_cancelling() => LiveState::Cancelling,
            Some(_) => LiveState::Waiting,
            None => LiveState::Running,
        },
        next_at: next.map(|next| now.at(next)),
        deadline_at: call.deadline().map(|end| now.at(end)),
        since_at: now.at(call.since()),
        last_error: call.last_error().to_string(),
        last_kind: call.last_kind().name().to_owned(),
    });
    (shown.collect(), total, waiting)
}

fn breakers(instance: &str, now: Now, memory: &Memory) -> Vec<BreakerState> {
    let all = retry_runtime::breakers();
    let states = all.iter().map(|breaker| {
        let figures = breaker.figures();
        BreakerState {
            id: format!("{instance}-{}", breaker.name()),
            instance: instance.to_owned(),
            name: breaker.name().to_owned(),
            key: breaker.key().map(str::to_owned),
            mode: breaker.mode().name().to_owned(),
            calls: figures.calls,
            failures: figures.failures,
            slow: figures.slow,
            failure_rate: figures.failure_rate,
            rejected: figures.rejected,
            in_flight: figures.in_flight,
            next_admission_at: breaker.next_admission().map(|at| now.at(at)),
            window: breaker.snapshot().calls().map(newest),
            settings: settings_text(breaker.settings()),
            transitions: memory.transitions(breaker.name()),
        }
    });
    states.collect()
}

/// The end of a window, as far as a row of cells can show it.
fn newest(window: &str) -> String {
    const CELLS: usize = 200;
    window[window.len().saturating_sub(CELLS)..].to_owned()
}

fn settings_text(settings: &retry_runtime::breaker::BreakerSettings) -> String {
    use retry_runtime::breaker::Window;
    let window = match settings.window {
        Window::Count(calls) => calls.to_string(),
        Window::Time(time) => format!("\"{time:?}\""),
    };
    let mut text = format!(
        "window = {window}, min_calls = {}, rate = {}, open = \"{:?}\", probes = {}",
        settings.min_calls, settings.rate, settings.open, settings.probes
    );
    if let Some(failures) = settings.consecutive {
        text += &format!(", consecutive = {failures}");
    }
    if let Some(slow) = settings.slow {
        text += &format!(", slow = \"{slow:?}\"");
    }
    text
}
