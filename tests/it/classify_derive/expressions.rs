use super::*;

fn judge(code: u8) -> Class {
    if code == 7 { class(Kind::Throttled).after(TWO) } else { class(Kind::Permanent) }
}

#[derive(Classify)]
enum Failure {
    #[classify(kind = if *code == 7 { Kind::Transient } else { Kind::Permanent })]
    Named { code: u8 },
    #[classify(kind = judge(*_0 + *_1))]
    Tuple(u8, u8),
    #[classify(kind = kind)]
    Carried { kind: Kind },
    #[classify(kind = _0)]
    CarriedClass(Class),
    #[classify(kind = [Kind::Transient, Kind::Ambiguous][std::cmp::min::<usize>(*_0, 1)], after = 1)]
    Commas(usize, Duration),
    #[classify(kind = self.by_hand())]
    Itself,
}

impl Failure {
    fn by_hand(&self) -> Kind {
        Kind::Overloaded
    }
}

#[test]
fn the_fields_are_in_scope_by_name_and_by_position() {
    assert_eq!(Failure::Named { code: 7 }.classify(), class(Kind::Transient));
    assert_eq!(Failure::Named { code: 8 }.classify(), class(Kind::Permanent));
    assert_eq!(Failure::Tuple(3, 4).classify(), class(Kind::Throttled).after(TWO));
}

#[test]
fn a_kind_or_class_in_a_field_needs_no_dereference() {
    assert_eq!(Failure::Carried { kind: Kind::Ambiguous }.classify(), class(Kind::Ambiguous));
    let carried = class(Kind::Throttled).after(TWO);
    assert_eq!(Failure::CarriedClass(carried).classify(), carried);
}

#[test]
fn an_expression_may_contain_commas_and_be_combined_with_a_hint() {
    assert_eq!(Failure::Commas(9, TWO).classify(), class(Kind::Ambiguous).after(TWO));
}

#[test]
fn an_expression_may_call_methods_of_the_failure() {
    assert_eq!(Failure::Itself.classify(), class(Kind::Overloaded));
}
