//! User items with names that generated code must not pick up.

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
    /// Has the same name as the method that describes a failure.
    #[expect(dead_code, reason = "only in the way")]
    fn retry_text(&self) -> u8 {
        0
    }
}

#[test]
fn a_crate_may_use_the_same_names() {
    use ::retry_runtime::Classify;
    assert_eq!(Failure::Limited("2").classify().retry_after, Some(super::TWO));
    assert_eq!(Failure::Status(404).classify(), super::class(::retry_runtime::Kind::Permanent));
}
