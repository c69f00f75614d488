//! Settings as a file would say them: for files, for tables, for differences.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::value::{Attempts, Growth, Named, TimeLimit};
use crate::failure::kinds::Kinds;
use crate::policy::jitter::Jitter;

/// A value as a file would say it.
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

impl From<Duration> for Written {
    fn from(duration: Duration) -> Self {
        Written::Text(exact(duration))
    }
}

impl From<Attempts> for Written {
    fn from(attempts: Attempts) -> Self {
        match attempts {
            Attempts::Count(count) => Written::Whole(count),
            Attempts::Unlimited => Written::Text("unlimited".to_owned()),
        }
    }
}

impl From<TimeLimit> for Written {
    fn from(limit: TimeLimit) -> Self {
        match limit {
            TimeLimit::None => Written::Text("none".to_owned()),
            TimeLimit::After(time) => time.into(),
        }
    }
}

impl From<Growth> for Written {
    fn from(growth: Growth) -> Self {
        let word = match growth {
            Growth::Exponential => "exponential",
            Growth::Fixed => "fixed",
            Growth::Linear => "linear",
            Growth::Fibonacci => "fibonacci",
            Growth::List(entries) => {
                return Written::List(entries.into_iter().map(exact).collect());
            }
        };
        Written::Text(word.to_owned())
    }
}

impl From<Jitter> for Written {
    fn from(jitter: Jitter) -> Self {
        Written::Text(match jitter {
            Jitter::Full => "full".to_owned(),
            Jitter::Equal => "equal".to_owned(),
            Jitter::Decorrelated => "decorrelated".to_owned(),
            Jitter::Proportional(r) => format!("proportional({r})"),
            Jitter::Additive(r) => format!("additive({r})"),
            Jitter::None => "none".to_owned(),
        })
    }
}

impl From<Kinds> for Written {
    fn from(kinds: Kinds) -> Self {
        if kinds == Kinds::NONE {
            return Written::List(Vec::new());
        }
        Written::Text(kinds.to_string())
    }
}

impl From<Named> for Written {
    fn from(named: Named) -> Self {
        Written::Text(match named {
            Named::None => "none".to_owned(),
            Named::Name(name) => name,
        })
    }
}

/// A duration that reads back as itself: whole numbers of the largest units that fit.
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
    // One unit where a whole number of it is at most four digits: 90 s rather than 1 min 30 s.
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

/// A map with an entry for each setting that is set.
pub(crate) fn serialize<S: Serializer>(
    entries: Vec<(&'static str, Written)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries)
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
