//! The states of breakers by key, for those who ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::gauge;
use retry_runtime::breaker::Mode;
use retry_runtime::control;

use super::publish::MODES;
use super::table::STATE;

/// How many keys of each table are shown.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

/// Also publishes the states of breakers by key from now on, as `retry.breaker.state` of the breaker `table[key]`: of up
/// to `limit` keys of each table; 0, the default, shows none. The states of the table as a whole stay.
///
/// A key keeps its place for the rest of the process, since exporters keep every value of an attribute that they have
/// ever seen; keys whose breaker is not closed are the first to get one. Do not ask for it where the keys are secret.
///
/// ```
/// retry_metrics::publish_keys(100);
/// retry_metrics::publish();
/// # retry_metrics::publish_keys(0);
/// ```
pub fn publish_keys(limit: usize) {
    LIMIT.store(limit, Ordering::Relaxed);
}

/// The keys that have been shown, by table.
#[derive(Debug, Default)]
struct Shown(BTreeMap<String, BTreeSet<String>>);

impl Shown {
    /// The keys to show now, with their states; `None` for a key whose breaker the table has forgotten.
    fn choose(
        &mut self,
        limit: usize,
        mut keys: Vec<(String, String, Mode)>,
    ) -> Vec<(String, String, Option<Mode>)> {
        keys.sort_by_key(|(_, _, mode)| *mode == Mode::Closed);
        for (table, key, _) in &keys {
            let shown = self.0.entry(table.clone()).or_default();
            if shown.len() < limit {
                shown.insert(key.clone());
            }
        }
        let modes: BTreeMap<_, _> =
            keys.into_iter().map(|(table, key, mode)| ((table, key), mode)).collect();
        let shown =
            self.0.iter().flat_map(|(table, keys)| keys.iter().map(move |key| (table, key)));
        shown
            .map(|(table, key)| (table.clone(), key.clone()))
            .map(|name| (name.0.clone(), name.1.clone(), modes.get(&name).copied()))
            .collect()
    }
}

/// Hands the states of the keys that are shown to the installed exporter.
pub(super) fn publish(keys: Vec<(String, String, Mode)>) {
    static SHOWN: Mutex<Shown> = Mutex::new(Shown(BTreeMap::new()));
    let limit = LIMIT.load(Ordering::Relaxed);
    if limit == 0 {
        return;
    }
    // A statement of its own: the exporter must not be called under the lock.
    let chosen = control::lock(&SHOWN).choose(limit, keys);
    for (table, key, state) in chosen {
        for mode in MODES {
            let value = f64::from(u8::from(state == Some(mode)));
            let breaker = format!("{table}[{key}]");
            gauge!(STATE.name, "retry.breaker" => breaker, "retry.state" => mode.name()).set(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(
        shown: &mut Shown,
        limit: usize,
        keys: &[(&str, Mode)],
    ) -> Vec<(String, Option<Mode>)> {
        let keys = keys.iter().map(|(key, mode)| ("t".to_owned(), (*key).to_owned(), *mode));
        let chosen = shown.choose(limit, keys.collect());
        chosen.into_iter().map(|(_, key, mode)| (key, mode)).collect()
    }

    #[test]
    fn keys_that_are_not_closed_get_a_place_first_and_a_place_is_for_ever() {
        let mut shown = Shown::default();
        let (closed, open) = (Mode::Closed, Mode::Open);
        let of = |key: &str, mode| (key.to_owned(), mode);
        let first = choose(&mut shown, 2, &[("a", closed), ("b", closed), ("c", open)]);
        assert_eq!(first, [of("a", Some(closed)), of("c", Some(open))]);
        let next = choose(&mut shown, 2, &[("a", open), ("d", open)]);
        assert_eq!(next, [of("a", Some(open)), of("c", None)]);
    }
}
