//! Durations as people write them: `"250ms"`, `"1.5s"`, `"1m 30s"`.

use std::time::Duration;

/// The units, each with its length in nanoseconds.
const UNITS: &[(&str, u128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("sec", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The form of a duration, for messages.
pub const FORM: &str =
    "a number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)";

/// Reads a duration, to the nanosecond.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(retry_text::duration::parse("1.5s"), Ok(Duration::from_millis(1500)));
/// assert_eq!(retry_text::duration::parse("5"), Err("has no unit after `5`".to_owned()));
/// ```
///
/// # Errors
///
/// Returns the rest of a sentence that begins with the text, such as "is empty".
pub fn parse(text: &str) -> Result<Duration, String> {
    let (mut nanos, mut before): (u128, Option<(&str, u128)>) = (0, None);
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("is empty".to_owned());
    }
    while !rest.is_empty() {
        let (number, tail) = split(rest, |c| c.is_ascii_digit() || c == '.' || c == '_');
        let (unit, tail) = split(tail.trim_start(), char::is_alphabetic);
        if number.is_empty() {
            return Err(match rest.chars().next() {
                Some('-') => "is negative".to_owned(),
                _ => format!("has no number before `{rest}`"),
            });
        }
        if unit.is_empty() {
            return Err(format!("has no unit after `{number}`"));
        }
        let Some((_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(match short(unit) {
                Some(short) => format!("has the unknown unit `{unit}`, and `{short}` is meant"),
                None => format!("has the unknown unit `{unit}`"),
            });
        };
        match before {
            Some((_, longer)) if *length < longer => {}
            Some((_, same)) if *length == same => {
                return Err(format!("has the unit `{unit}` twice"));
            }
            Some((shorter, _)) => {
                return Err(format!(
                    "has the unit `{unit}` after `{shorter}`, and the longest unit comes first"
                ));
            }
            None => {}
        }
        before = Some((unit, *length));
        let part = scaled(number, *length)
            .ok_or_else(|| format!("has the unreadable number `{number}`"))?;
        nanos = nanos.checked_add(part).ok_or("is too long")?;
        rest = tail.trim_start();
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).map_err(|_| "is too long")?;
    Ok(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
}

/// The unit that a longer word stands for.
fn short(unit: &str) -> Option<&'static str> {
    const LONG: &[(&str, &[&str])] = &[
        ("ns", &["nano", "nanos", "nanosecond", "nanoseconds", "nsec"]),
        ("us", &["micro", "micros", "microsecond", "microseconds", "usec"]),
        ("ms", &["milli", "millis", "millisecond", "milliseconds", "msec", "msecs"]),
        ("s", &["secs", "second", "seconds"]),
        ("m", &["mins", "minute", "minutes"]),
        ("h", &["hr", "hrs", "hour", "hours"]),
        ("d", &["day", "days"]),
    ];
    let lower = unit.to_lowercase();
    let capitals = || UNITS.iter().find(|(name, _)| *name == lower).map(|(name, _)| *name);
    let long = LONG.iter().find(|(_, words)| words.contains(&&*lower));
    long.map(|(short, _)| *short).or_else(capitals)
}

/// Splits a text after the longest prefix of characters that belong together.
fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Multiplies a decimal number by the length of a unit, exactly. Returns `None` if the text is no number, or
/// the product is too large or no whole number of nanoseconds.
fn scaled(number: &str, length: u128) -> Option<u128> {
    let digits = number.replace('_', "");
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "0"));
    let whole = whole.parse::<u128>().ok()?.checked_mul(length)?;
    let scale = 10_u128.checked_pow(fraction.len().try_into().ok()?)?;
    let fraction = fraction.parse::<u128>().ok()?.checked_mul(length)?;
    (fraction % scale == 0).then(|| whole.checked_add(fraction / scale))?
}

/// Writes a duration for people: `250 ms`, `1.5 s`, `2 min`.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(retry_text::duration::human(Duration::from_millis(1500)), "1.5 s");
/// ```
pub fn human(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (name, length) = match nanos {
        0 => return "0 s".to_owned(),
        1..=999 => ("ns", 1),
        1_000..=999_999 => ("µs", 1_000),
        1_000_000..=999_999_999 => ("ms", 1_000_000),
        1_000_000_000..=119_999_999_999 => ("s", 1_000_000_000),
        120_000_000_000..=7_199_999_999_999 => ("min", 60_000_000_000),
        _ => ("h", 3_600_000_000_000_u128),
    };
    let hundredths = (nanos * 100 + length / 2) / length;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_exactly() {
        for (text, nanos) in [
            ("1s", 1_000_000_000),
            ("250ms", 250_000_000),
            ("1.5s", 1_500_000_000),
            ("1m 30s", 90_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("0s", 0),
            ("0.1ms", 100_000),
            ("1_000 us", 1_000_000),
            ("2min", 120_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_duration_is_refused_with_the_reason() {
        for (text, message) in [
            ("", "is empty"),
            ("5", "has no unit after `5`"),
            ("s", "has no number before `s`"),
            ("5 parsecs", "has the unknown unit `parsecs`"),
            ("5 seconds", "has the unknown unit `seconds`, and `s` is meant"),
            ("5S", "has the unknown unit `S`, and `s` is meant"),
            ("1s 1s", "has the unit `s` twice"),
            ("1sec 1s", "has the unit `s` twice"),
            ("5s 1m", "has the unit `m` after `s`, and the longest unit comes first"),
            ("-1s", "is negative"),
            ("1.2.3s", "has the unreadable number `1.2.3`"),
            (".s", "has the unreadable number `.`"),
            ("0.1ns", "has the unreadable number `0.1`"),
            ("99999999999999999999d", "is too long"),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn durations_are_written_for_people() {
        for (nanos, text) in [
            (0, "0 s"),
            (250_000_000, "250 ms"),
            (1_500_000_000, "1.5 s"),
            (90_000_000_000, "90 s"),
            (150_000_000_000, "2.5 min"),
            (7_200_000_000_000, "2 h"),
        ] {
            assert_eq!(human(Duration::from_nanos(nanos)), text);
        }
    }
}
