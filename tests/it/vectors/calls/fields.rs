//! Reads the maps of the vectors and records which keys were read. An unread key is an error, so that no part of a
//! vector is silently ignored.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use serde_norway::Value;

/// A map of a vector: its `cfg`, its `expect`, or the vector itself.
#[derive(Debug)]
pub(super) struct Fields<'v> {
    map: Option<&'v serde_norway::Mapping>,
    read: RefCell<BTreeSet<String>>,
}

impl<'v> Fields<'v> {
    /// The fields of a map; any other value has none.
    pub(super) fn of(value: Option<&'v Value>) -> Fields<'v> {
        Fields { map: value.and_then(Value::as_mapping), read: RefCell::default() }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'v Value> {
        let value = self.map?.get(key)?;
        self.read.borrow_mut().insert(key.to_owned());
        Some(value)
    }

    /// Whether the key exists; does not mark the key as read.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.is_some_and(|map| map.contains_key(key))
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(text)
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.as_f64()
    }

    pub(super) fn count(&self, key: &str) -> Option<u32> {
        self.get(key)?.as_u64()?.try_into().ok()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    pub(super) fn list(&self, key: &str) -> Option<&'v [Value]> {
        self.get(key)?.as_sequence().map(Vec::as_slice)
    }

    pub(super) fn texts(&self, key: &str) -> Option<Vec<String>> {
        Some(self.list(key)?.iter().map(text).collect())
    }

    /// A duration under the key with a unit suffix: `delay` finds `delay_ms`, `delay_s` and `delay_ns`. A `null`
    /// gives `Some(None)`.
    pub(super) fn duration(&self, key: &str) -> Option<Option<Duration>> {
        UNITS.iter().find_map(|(unit, seconds)| {
            let value = self.get(&format!("{key}_{unit}"))?;
            Some(value.as_f64().map(|number| saturating(number, *seconds)))
        })
    }

    /// A list of durations under the key with a unit suffix.
    pub(super) fn durations(&self, key: &str) -> Option<Vec<Duration>> {
        UNITS.iter().find_map(|(unit, seconds)| {
            let list = self.list(&format!("{key}_{unit}"))?;
            list.iter().map(|value| Some(saturating(value.as_f64()?, *seconds))).collect()
        })
    }

    /// # Errors
    ///
    /// Fails if a key was not read.
    pub(super) fn all_read(&self, whose: &str) -> Result<(), String> {
        let read = self.read.borrow();
        let keys = self.map.into_iter().flat_map(|map| map.keys()).map(text);
        let left: Vec<String> = keys.filter(|key| !read.contains(key)).collect();
        if left.is_empty() {
            return Ok(());
        }
        Err(format!("keys of `{whose}` that are not mapped: {}", left.join(", ")))
    }
}

const UNITS: [(&str, f64); 4] = [("ns", 1e-9), ("ms", 1e-3), ("s", 1.0), ("min", 60.0)];

/// Converts a number of units to a duration; saturates, and rounds a non-zero number up to at least 1 ns.
pub(super) fn saturating(number: f64, seconds: f64) -> Duration {
    let nanos = number * (seconds * 1e9).round();
    if nanos >= Duration::MAX.as_nanos() as f64 {
        return Duration::MAX;
    }
    let nanos = if number > 0.0 { nanos.round().max(1.0) } else { 0.0 } as u128;
    Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
}

/// The text of a scalar.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// The rows of a `table`, each as a map from column to value.
pub(super) fn rows(table: &Value) -> Vec<serde_norway::Mapping> {
    let columns = table["columns"].as_sequence().expect("a table has columns");
    let rows = table["rows"].as_sequence().expect("a table has rows");
    rows.iter()
        .map(|row| {
            let cells = row.as_sequence().expect("a row is a list");
            assert_eq!(cells.len(), columns.len(), "{row:?}");
            columns.iter().cloned().zip(cells.iter().cloned()).collect()
        })
        .collect()
}

#[test]
fn durations_are_found_under_any_unit_and_saturate() {
    let map: Value =
        serde_norway::from_str("{a_ms: 1500, b_s: 1e300, c_s: 1e-100, d_ms: null}").unwrap();
    let fields = Fields::of(Some(&map));
    assert_eq!(fields.duration("a"), Some(Some(Duration::from_millis(1500))));
    assert_eq!(fields.duration("b"), Some(Some(Duration::MAX)));
    assert_eq!(fields.duration("c"), Some(Some(Duration::from_nanos(1))));
    assert!(fields.all_read("map").unwrap_err().contains("d_ms"));
    assert_eq!(fields.duration("d"), Some(None));
    assert_eq!(fields.duration("e"), None);
    fields.all_read("map").unwrap();
}
