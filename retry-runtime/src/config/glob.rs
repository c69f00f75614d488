//! Patterns for names: `billing::*`.

/// Whether the section's name is a pattern.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.contains('*')
}

/// Whether `pattern`, in which each `*` stands for any text, matches the whole name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    // `split` gives at least one part.
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("billing::*", "billing::charge", true),
            ("billing::*", "billing::v2::charge", true),
            ("billing::*", "billing", false),
            ("*", "anything", true),
            ("*::charge", "billing::charge", true),
            ("*::charge", "billing::recharge", false),
            ("a*b*c", "a_b_c", true),
            ("a*b*c", "a_c_b", false),
            ("a*a", "a", false),
            ("**", "", true),
            ("charge", "charge", true),
            ("charge", "charges", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }
}
