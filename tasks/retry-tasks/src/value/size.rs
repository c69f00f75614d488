//! The size of arguments and results.

/// The longest arguments and the longest result, unless [`Tasks::value_limit`](crate::Tasks::value_limit) sets another
/// limit: a task is read as a whole, and by everybody who lists it.
pub(crate) const LIMIT: usize = 64 << 20;

/// The reason for which a value is refused.
pub(crate) fn too_long(bytes: usize, limit: usize) -> String {
    format!(
        "{} exceed the limit of {}; store the value elsewhere and pass its name, or raise the limit with `Tasks::value_limit`",
        size(bytes),
        size(limit)
    )
}

/// `5.0 MiB`, `512 bytes`.
fn size(bytes: usize) -> String {
    const KIB: f64 = 1024.0;
    let size = bytes as f64;
    if size >= KIB * KIB {
        format!("{:.1} MiB", size / KIB / KIB)
    } else if size >= KIB {
        format!("{:.1} KiB", size / KIB)
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_both_sizes() {
        let text = too_long(5 << 20, 1536);
        assert!(text.starts_with("5.0 MiB exceed the limit of 1.5 KiB; "), "{text}");
        assert!(too_long(12, 8).starts_with("12 bytes exceed the limit of 8 bytes; "));
    }
}
