//! Test cases taken from the tests of peer libraries (`tests/vectors/*.yaml`); each file has an interpreter.
//!
//! An interpreter runs every case or lists the reason for skipping it, and fails when a listed case is missing from
//! the file. Added and removed cases are therefore noticed.

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

/// Runs every case of a file except those listed in `skipped` with a reason.
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

/// Reads an integer or a float.
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
