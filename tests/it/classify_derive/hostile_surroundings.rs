//! Names that generated code must not fall for.

#[expect(dead_code, reason = "only in the way")]
mod shadows {
    pub(super) struct Option;
    pub(super) struct Class;
    pub(super) struct Kind;
    pub(super) mod retry_runtime {}
    pub(super) mod core {}
    pub(super) mod std {}
}
#[expect(unused_imports, reason = "only in the way")]
use shadows::*;

#[derive(::retry_runtime::Classify)]
enum Failure {
    #[classify(throttled, after = 0)]
    Limited(&'static str),
    #[classify(status = 0)]
    Status(u16),
}

impl Failure {
    /// A method of the same name as one that describes.
    #[expect(dead_code, reason = "only in the way")]
    fn retry_text(&self) -> u8 {
        0
    }
}

#[test]
fn a_crate_with_the_same_names_is_no_trouble() {
    use ::retry_runtime::Classify;
    assert_eq!(Failure::Limited("2").classify().retry_after, Some(super::TWO));
    assert_eq!(Failure::Status(404).classify(), super::class(::retry_runtime::Kind::Permanent));
}
