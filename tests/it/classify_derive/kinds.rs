use super::*;

#[derive(Classify)]
enum Failure {
    #[classify(transient)]
    Refused,
    #[classify(throttled)]
    Busy(u8),
    #[classify(ambiguous)]
    TimedOut { after: Duration },
    #[classify(overloaded)]
    Shedding,
    #[classify(permanent)]
    Declined,
}

#[test]
fn each_kind_is_as_written() {
    assert_eq!(Failure::Refused.classify(), class(Kind::Transient));
    assert_eq!(Failure::Busy(1).classify(), class(Kind::Throttled));
    let timed_out = Failure::TimedOut { after: TWO };
    assert_eq!(timed_out.classify(), class(Kind::Ambiguous));
    assert_eq!(Failure::Shedding.classify(), class(Kind::Overloaded));
    assert_eq!(Failure::Declined.classify(), class(Kind::Permanent));
    if let Failure::TimedOut { after } = timed_out {
        assert_eq!(after, TWO);
    }
    if let Failure::Busy(desks) = Failure::Busy(1) {
        assert_eq!(desks, 1);
    }
}

#[derive(Classify)]
#[classify(default = ambiguous)]
enum Defaulted {
    Left,
    #[classify(transient)]
    Own,
    #[cfg(any())]
    Absent(NoSuchType),
    #[cfg_attr(all(), classify(permanent))]
    Conditional,
}

#[test]
fn the_default_covers_variants_without_an_attribute() {
    assert_eq!(Defaulted::Left.classify(), class(Kind::Ambiguous));
    assert_eq!(Defaulted::Own.classify(), class(Kind::Transient));
    assert_eq!(Defaulted::Conditional.classify(), class(Kind::Permanent));
}

#[derive(Classify)]
#[classify(transient)]
struct Unit;

#[derive(Classify)]
#[classify(throttled)]
#[classify(after = r#type)]
struct Raw {
    r#type: Duration,
}

#[test]
fn a_struct_is_a_single_case() {
    assert_eq!(Unit.classify(), class(Kind::Transient));
    assert_eq!(Raw { r#type: TWO }.classify(), class(Kind::Throttled).after(TWO));
}

#[expect(dead_code, reason = "no value of it exists")]
#[derive(Classify)]
enum Nothing {}

#[derive(Classify)]
#[non_exhaustive]
#[expect(non_camel_case_types, reason = "names that need `r#`")]
enum Raws {
    #[classify(permanent)]
    r#match,
    #[classify(kind = *r#type)]
    r#fn { r#type: Kind },
}

#[test]
fn raw_identifiers_work() {
    assert_eq!(Raws::r#match.classify(), class(Kind::Permanent));
    assert_eq!(Raws::r#fn { r#type: Kind::Throttled }.classify(), class(Kind::Throttled));
}
