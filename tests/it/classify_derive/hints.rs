use super::*;

#[derive(Classify)]
enum Failure<'a> {
    #[classify(throttled, after = 0)]
    Duration(Duration),
    #[classify(throttled, after = 1)]
    Maybe(#[expect(dead_code, reason = "only its place matters")] u8, Option<Duration>),
    #[classify(transient, after = text)]
    Borrowed { text: &'a str },
    #[classify(after = text)]
    Owned { text: String },
    #[classify(ambiguous)]
    #[classify(after = 0)]
    MaybeText(Option<String>),
    #[classify(throttled, after = 0)]
    Reference(&'a Duration),
    #[classify(throttled, after = 0)]
    Header(http::HeaderValue),
    #[classify(throttled, after = 0)]
    MaybeHeader(Option<&'a http::HeaderValue>),
}

#[test]
fn a_delay_is_read_from_each_type_of_field() {
    let header = http::HeaderValue::from_static("2");
    let throttled = class(Kind::Throttled).after(TWO);
    assert_eq!(Failure::Duration(TWO).classify(), throttled);
    assert_eq!(Failure::Maybe(0, Some(TWO)).classify(), throttled);
    assert_eq!(Failure::Borrowed { text: "2" }.classify(), class(Kind::Transient).after(TWO));
    let maybe = Failure::MaybeText(Some("2".to_owned()));
    assert_eq!(maybe.classify(), class(Kind::Ambiguous).after(TWO));
    assert_eq!(Failure::Reference(&TWO).classify(), throttled);
    assert_eq!(Failure::MaybeHeader(Some(&header)).classify(), throttled);
    assert_eq!(Failure::Header(header).classify(), throttled);
}

#[test]
fn a_missing_or_unreadable_hint_is_ignored() {
    assert_eq!(Failure::Maybe(0, None).classify(), class(Kind::Throttled));
    assert_eq!(Failure::MaybeText(None).classify(), class(Kind::Ambiguous));
    assert_eq!(Failure::Borrowed { text: "soon" }.classify(), class(Kind::Transient));
}

#[test]
fn a_delay_alone_means_throttled() {
    let failure = Failure::Owned { text: "2".to_owned() };
    assert_eq!(failure.classify(), class(Kind::Throttled).after(TWO));
}

#[derive(Classify)]
#[classify(inherit, after = own)]
struct Outer {
    #[source]
    inner: Inner,
    own: Option<Duration>,
}

#[derive(Classify)]
#[classify(throttled, after = 0)]
struct Inner(Duration);

#[test]
fn a_field_without_a_hint_keeps_the_inherited_one() {
    let inherited = Outer { inner: Inner(TWO), own: None };
    assert_eq!(inherited.classify().retry_after, Some(TWO));
    let own = Outer { inner: Inner(TWO), own: Some(2 * TWO) };
    assert_eq!(own.classify().retry_after, Some(2 * TWO));
}
