use super::*;

#[derive(Debug, thiserror::Error, Classify)]
enum Failure {
    #[error("peer said: {0}")]
    #[classify(messages)]
    Opaque(String),
}

#[derive(Classify)]
#[classify(messages)]
struct Generic<T>(T);

impl<T: std::fmt::Display> std::fmt::Display for Generic<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[test]
fn an_opaque_message_is_classified_by_its_patterns() {
    let of = |text: &str| Failure::Opaque(text.to_owned()).classify();
    assert_eq!(of("Connection refused"), class(Kind::Transient));
    assert_eq!(of("too many requests"), class(Kind::Throttled));
    assert_eq!(of("no such table"), class(Kind::Permanent));
}

#[test]
fn a_generic_type_needs_only_its_display() {
    assert_eq!(Generic("broken pipe").classify(), class(Kind::Ambiguous));
}
