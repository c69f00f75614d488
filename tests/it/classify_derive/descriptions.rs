use super::*;

#[derive(Debug, thiserror::Error, Classify)]
#[error("first line\nsecond line")]
#[classify(permanent)]
struct Displayed;

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Debugged {
    _code: u8,
}

#[derive(Classify)]
#[classify(permanent)]
struct Named;

#[test]
fn a_failure_is_described_by_display_or_debug_or_its_type_name() {
    assert_eq!(Displayed.describe(), "first line\nsecond line");
    assert_eq!(Debugged { _code: 7 }.describe(), "Debugged { _code: 7 }");
    assert_eq!(Named.describe(), std::any::type_name::<Named>());
}

#[derive(Classify)]
#[classify(permanent)]
struct Unconditional<T>(std::marker::PhantomData<T>);

impl<T> std::fmt::Display for Unconditional<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("in words")
    }
}

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Conditional<T>(T);

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Bounded<T: std::fmt::Debug>(T);

#[test]
fn a_generic_type_is_described_by_traits_that_hold_for_all_parameters() {
    assert_eq!(Unconditional::<u8>(std::marker::PhantomData).describe(), "in words");
    assert_eq!(Conditional(1).describe(), std::any::type_name::<Conditional<i32>>());
    assert_eq!(Bounded(1).describe(), "Bounded(1)");
    assert_eq!((Conditional(1).0, Bounded(1).0), (1, 1));
}

#[derive(Classify)]
#[classify(permanent)]
struct Tailed<T: ?Sized>(T);

#[test]
fn an_unsized_type_is_described_like_any_other() {
    let tailed: &Tailed<[u8]> = &Tailed([1, 2]);
    assert_eq!(tailed.describe(), std::any::type_name::<Tailed<[u8]>>());
    assert_eq!(tailed.0.len(), 2);
}

/// Describes itself with less than its `Display`, which has a secret.
#[derive(Debug, thiserror::Error)]
#[error("GET https://user:secret@example.com")]
struct Request;

impl Classify for Request {
    fn classify(&self) -> Class {
        class(Kind::Transient)
    }

    fn describe(&self) -> std::borrow::Cow<'static, str> {
        "GET https://example.com".into()
    }
}

#[derive(Debug, thiserror::Error, Classify)]
enum Client {
    #[error(transparent)]
    #[classify(inherit)]
    Request(#[from] Request),
    #[error("while loading")]
    #[classify(inherit)]
    Load(#[source] Request),
}

#[test]
fn only_a_transparent_variant_uses_the_description_of_its_cause() {
    assert_eq!(Client::from(Request).describe(), "GET https://example.com");
    assert_eq!(Client::Load(Request).describe(), "while loading");
}
