use super::*;

#[derive(Debug, thiserror::Error, Classify)]
#[error("disk")]
#[classify(ambiguous)]
struct Disk;

#[derive(Debug, thiserror::Error, Classify)]
enum Failure {
    #[error(transparent)]
    #[classify(inherit)]
    Disk(#[from] Disk),
    #[error("at {at}")]
    #[classify(inherit)]
    Marked {
        at: u8,
        #[source]
        cause: Disk,
    },
    #[error("at {at}")]
    #[classify(inherit)]
    NamedSource { at: u8, source: Disk },
    #[error("again")]
    #[classify(inherit)]
    Recursive(Inner<Disk>),
}

#[derive(Debug, Classify)]
#[classify(inherit)]
struct Inner<T>(T);

#[test]
fn the_only_the_marked_or_the_named_field_is_classified() {
    assert_eq!(Failure::from(Disk).classify(), class(Kind::Ambiguous));
    assert_eq!(Failure::Marked { at: 1, cause: Disk }.classify(), class(Kind::Ambiguous));
    assert_eq!(Failure::NamedSource { at: 1, source: Disk }.classify(), class(Kind::Ambiguous));
    assert_eq!(Failure::Recursive(Inner(Disk)).classify(), class(Kind::Ambiguous));
}

#[test]
fn a_transparent_failure_is_described_by_its_inner_one() {
    assert_eq!(Failure::from(Disk).describe(), "disk");
}
