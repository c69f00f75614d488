use super::*;

macro_rules! failures {
    ($($name:ident { $field:ident } => $kind:expr,)*) => {
        #[derive(Classify)]
        enum FromMacro {
            $(#[classify(kind = $kind)] $name { $field: u8 },)*
            #[classify(kind = if *own == 1 { Kind::Throttled } else { Kind::Permanent })]
            Own { own: u8 },
        }
    };
}

failures! {
    Theirs { code } => if *code == 7 { Kind::Transient } else { Kind::Permanent },
}

#[test]
fn a_type_may_come_from_a_macro() {
    assert_eq!(FromMacro::Theirs { code: 7 }.classify(), class(Kind::Transient));
    assert_eq!(FromMacro::Own { own: 1 }.classify(), class(Kind::Throttled));
}

#[test]
fn a_type_may_live_in_a_function() {
    #[derive(Classify)]
    #[classify(transient)]
    struct Local;
    assert_eq!(Local.classify(), class(Kind::Transient));
}

#[derive(Debug, Classify)]
#[classify(status = code)]
struct Unsized<T: ?Sized> {
    code: u16,
    body: T,
}

#[test]
fn a_failure_may_be_unsized() {
    let failure: &Unsized<[u8]> = &Unsized { code: 429, body: [1, 2] };
    assert_eq!(failure.classify(), class(Kind::Throttled));
    assert_eq!(failure.body.len(), 2);
}
