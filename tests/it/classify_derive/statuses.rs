use super::*;

#[derive(Classify)]
enum Failure {
    #[classify(status = code, after = wait)]
    Number { code: u16, wait: Option<Duration> },
    #[classify(status = 0)]
    Typed(http::StatusCode),
    #[classify(status = 0)]
    Maybe(Option<http::StatusCode>),
    #[classify(status = 0)]
    Signed(i32),
}

fn number(code: u16, wait: Option<Duration>) -> Class {
    Failure::Number { code, wait }.classify()
}

#[test]
fn a_status_is_classified_by_the_table() {
    assert_eq!(number(504, None), class(Kind::Ambiguous));
    assert_eq!(number(404, None), class(Kind::Permanent));
    let typed = Failure::Typed(http::StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(typed.classify(), class(Kind::Throttled));
    assert_eq!(Failure::Signed(425).classify(), class(Kind::Transient));
}

#[test]
fn a_hint_affects_the_class_of_a_status() {
    assert_eq!(number(503, None), class(Kind::Ambiguous));
    assert_eq!(number(503, Some(TWO)), class(Kind::Throttled).after(TWO));
}

#[test]
fn a_missing_status_is_permanent() {
    assert_eq!(Failure::Maybe(None).classify(), class(Kind::Permanent));
    assert_eq!(Failure::Signed(-1).classify(), class(Kind::Permanent));
    let some = Failure::Maybe(Some(http::StatusCode::TOO_EARLY));
    assert_eq!(some.classify(), class(Kind::Transient));
}
