//! Values as a file would write them.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A value as a file would write it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Written {
    Flag(bool),
    Whole(u32),
    Number(f64),
    Text(String),
    List(Vec<String>),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Written::Flag(flag) => write!(f, "{flag}"),
            Written::Whole(number) => write!(f, "{number}"),
            Written::Number(number) => write!(f, "{number}"),
            Written::Text(text) => f.write_str(text),
            Written::List(list) => write!(f, "[{}]", list.join(", ")),
        }
    }
}

impl Written {
    pub(crate) fn text(value: impl ToString) -> Self {
        Written::Text(value.to_string())
    }
}

/// A text that reads back as the same duration, in the largest units that fit.
pub(crate) fn exact(duration: Duration) -> String {
    const UNITS: [(&str, u128); 7] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ];
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    // One unit if the number has at most four digits: 90s, not 1m 30s.
    let single = UNITS.iter().find(|(_, length)| nanos % length == 0 && nanos / length < 10_000);
    if let Some((unit, length)) = single {
        return format!("{}{unit}", nanos / length);
    }
    let mut rest = nanos;
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        if rest >= length {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_reads_back_as_itself() {
        for nanos in
            [0, 1, 999, 1500, 250_000_000, 1_500_000_000, 90_000_000_000, 86_400_000_000_000]
        {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(retry_text::duration::parse(&exact(duration)), Ok(duration));
        }
        assert_eq!(retry_text::duration::parse(&exact(Duration::MAX)), Ok(Duration::MAX));
        assert_eq!(exact(Duration::from_millis(1500)), "1500ms");
        assert_eq!(exact(Duration::from_secs(90)), "90s");
        assert_eq!(exact(Duration::from_secs(3600)), "1h");
        assert_eq!(exact(Duration::from_secs(3661)), "3661s");
    }
}
