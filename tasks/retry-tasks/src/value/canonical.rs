//! The canonical text of a JSON value: names in order, whatever the map of `serde_json` keeps (its feature
//! `preserve_order` may be turned on by any crate of the program).

use serde_json::{Map, Value};

use super::sha256;

/// The canonical text of these arguments. Of those that must not be shown, it has the hash.
pub(crate) fn arguments(arguments: &Map<String, Value>, redacted: &[&str]) -> String {
    let mut out = String::new();
    write_map(arguments, &mut out, &|name, value, out| {
        if redacted.contains(&name) {
            let mut clear = String::new();
            write(value, &mut clear);
            write(&Value::String(format!("sha256:{}", sha256::hex(&clear))), out);
        } else {
            write(value, out);
        }
    });
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => write_map(map, out, &|_, value, out| write(value, out)),
        plain => out.push_str(&plain.to_string()),
    }
}

fn write_map(map: &Map<String, Value>, out: &mut String, each: &dyn Fn(&str, &Value, &mut String)) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(name, _)| name.as_str());
    out.push('{');
    for (position, (name, value)) in entries.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(&Value::String(name.clone()), out);
        out.push(':');
        each(name, value, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo xtask features` runs this with `serde_json/preserve_order` as well.
    #[test]
    fn a_key_is_the_same_text_in_whatever_order_the_map_keeps_its_entries() {
        let mut inner = Map::new();
        for name in ["z", "ä", "B", "a"] {
            inner.insert(name.to_owned(), Value::Null);
        }
        let mut outer = Map::new();
        outer.insert("second".to_owned(), Value::Array(vec![Value::Object(inner)]));
        outer.insert("first".to_owned(), Value::from(1));
        let text = r#"{"first":1,"second":[{"B":null,"a":null,"z":null,"ä":null}]}"#;
        assert_eq!(arguments(&outer, &[]), text);
    }
}
