use super::*;

mod reexport {
    pub(crate) mod inner {
        pub(crate) use retry_runtime as retries;
    }
}

#[derive(Classify)]
#[classify(default = transient, crate = reexport::inner::retries)]
enum ByPath {
    Only,
}

#[derive(Classify)]
#[classify(crate = "self::reexport::inner::retries")]
#[classify(permanent)]
struct ByText;

#[test]
fn the_runtime_may_live_under_another_path() {
    assert_eq!(ByPath::Only.classify(), class(Kind::Transient));
    assert_eq!(ByText.classify(), class(Kind::Permanent));
}
