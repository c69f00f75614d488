//! The difference between two snapshots: what a page has to change.

use std::collections::HashMap;

use serde::Serialize;

use super::model::{BreakerState, Function, Live, News, Overview, Process, Snapshot};

/// The parts of a snapshot that changed, each whole; the names of those that are gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Delta {
    pub(crate) id: u64,
    pub(crate) now_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overview: Option<Overview>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) processes: Vec<Process>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) processes_gone: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) functions: Vec<Function>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) functions_gone: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) live: Vec<Live>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) live_gone: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) live_total: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) breakers: Vec<BreakerState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) breakers_gone: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) news: Vec<News>,
}

/// The difference, `None` when nothing but the time has changed.
pub(crate) fn between(old: &Snapshot, new: &Snapshot) -> Option<Delta> {
    let (processes, processes_gone) =
        changed(&old.processes, &new.processes, |process| &process.instance);
    let (functions, functions_gone) =
        changed(&old.functions, &new.functions, |function| &function.name);
    let (live, live_gone) = changed(&old.live, &new.live, |live| &live.id);
    let (breakers, breakers_gone) = changed(&old.breakers, &new.breakers, |breaker| &breaker.id);
    let news = new.news.iter().filter(|news| !old.news.contains(news)).cloned().collect();
    let delta = Delta {
        overview: (old.overview != new.overview).then(|| new.overview.clone()),
        processes,
        processes_gone,
        functions,
        functions_gone,
        live,
        live_gone,
        live_total: (old.live_total != new.live_total).then_some(new.live_total),
        breakers,
        breakers_gone,
        news,
        ..Delta::default()
    };
    (delta != Delta::default()).then_some(Delta { id: new.id, now_at: new.now_at, ..delta })
}

/// The new and the changed ones, whole, and the names of those that are gone.
fn changed<T: Clone + PartialEq>(
    old: &[T],
    new: &[T],
    name: impl Fn(&T) -> &String,
) -> (Vec<T>, Vec<String>) {
    let mut before: HashMap<&String, &T> = old.iter().map(|one| (name(one), one)).collect();
    let changed =
        new.iter().filter(|one| before.remove(name(one)) != Some(*one)).cloned().collect();
    let gone = old.iter().map(&name).filter(|name| before.contains_key(name));
    (changed, gone.cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::model::{CallCounts, Role};

    fn snapshot(functions: &[(&str, u64)]) -> Snapshot {
        let functions = functions.iter().map(|(name, calls)| Function {
            name: (*name).into(),
            counts: CallCounts { calls: *calls, ..CallCounts::default() },
            ..Function::default()
        });
        Snapshot {
            id: 1,
            now_at: 0,
            role: Role::View,
            processes: Vec::new(),
            overview: Overview::default(),
            functions: functions.collect(),
            live: Vec::new(),
            live_total: 0,
            breakers: Vec::new(),
            news: Vec::new(),
        }
    }

    #[test]
    fn what_did_not_change_is_left_out() {
        let (old, new) =
            (snapshot(&[("a", 1), ("b", 1), ("c", 1)]), snapshot(&[("b", 1), ("c", 2), ("d", 0)]));
        let delta = between(&old, &new).expect("functions changed");
        let names: Vec<&str> = delta.functions.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((names, delta.functions_gone), (vec!["c", "d"], vec!["a".to_owned()]));
        assert_eq!((delta.overview, delta.live_total), (None, None));
    }

    #[test]
    fn a_state_that_did_not_change_needs_no_delta() {
        let old = snapshot(&[("a", 1)]);
        let new = Snapshot { id: 2, now_at: 250, ..old.clone() };
        assert_eq!(between(&old, &new), None);
    }
}
