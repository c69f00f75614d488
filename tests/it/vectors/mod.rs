//! Cases taken from peers' own tests (`tests/vectors/*.yaml`), each file with its interpreter.
//!
//! An interpreter runs every case or names the reason why not, and fails when a reason is no longer used:
//! a case that disappears from the file, or one that is new, is noticed.

mod background;
mod breaker;
mod budget;
mod calls;
mod combos;
mod window;

use std::time::Duration;

use serde_norway::Value;

/// The cases of a file.
fn cases(text: &str) -> Vec<Value> {
    let file: Value = serde_norway::from_str(text).unwrap();
    file["vectors"].as_sequence().unwrap().clone()
}

/// Runs every case of a file but those that are listed with the reason why not.
fn run(text: &str, skipped: &[(&str, &str)], case: impl Fn(&Value)) {
    let mut left: Vec<_> = skipped.iter().map(|(id, _)| *id).collect();
    for vector in cases(text) {
        let id = vector["id"].as_str().unwrap();
        match left.iter().position(|skipped| *skipped == id) {
            Some(index) => drop(left.remove(index)),
            None => {
                println!("{id}");
                case(&vector);
            }
        }
    }
    assert_eq!(left, Vec::<&str>::new(), "skipped, but not in the file");
}

/// A number of any kind.
fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// `5s`, `500ms`, `1ns`, `2h`.
fn duration(text: &str) -> Duration {
    let unit = text.find(|letter: char| letter.is_alphabetic()).unwrap();
    let count: u64 = text[..unit].parse().unwrap();
    match &text[unit..] {
        "ns" => Duration::from_nanos(count),
        "ms" => Duration::from_millis(count),
        "s" => Duration::from_secs(count),
        "h" => Duration::from_secs(count * 3600),
        unit => panic!("unknown unit {unit}"),
    }
}

fn millis(value: &Value) -> Option<Duration> {
    value.as_u64().map(Duration::from_millis)
}
