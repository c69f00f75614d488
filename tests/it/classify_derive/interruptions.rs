use std::time::Duration;

use retry_runtime::{Classify, Interruption, Kind, retryable};

const CUTS: [Interruption; 3] = [
    Interruption::Cancelled,
    Interruption::DeadlinePassed,
    Interruption::TimedOut { after: Duration::from_secs(1) },
];

#[test]
fn the_derive_writes_the_conversion_from_an_interruption() {
    #[derive(Debug, PartialEq, thiserror::Error, Classify)]
    enum PayError {
        #[error("busy")]
        #[classify(transient)]
        Busy,
        #[error(transparent)]
        #[classify(interruption)]
        Interrupted(Interruption),
    }
    for cut in CUTS {
        assert_eq!(PayError::from(cut), PayError::Interrupted(cut));
        assert_eq!(PayError::from(cut).classify(), cut.classify());
    }
    assert_eq!(PayError::Busy.classify().kind, Kind::Transient);
}

#[test]
fn the_conversion_is_enough_for_a_deadline() {
    #[derive(Debug, Classify)]
    enum E {
        #[classify(interruption)]
        Cut { _source: Interruption },
    }
    #[retryable(max = 1, base = "0s", deadline = "10ms")]
    async fn hangs() -> Result<u32, E> {
        std::future::pending().await
    }
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
    assert!(matches!(runtime.block_on(hangs()), Err(E::Cut { .. })));
}

#[test]
fn an_interruption_may_have_another_kind_another_holder_or_none() {
    #[derive(Debug, Classify)]
    enum Unit {
        #[classify(interruption, permanent)]
        Cut,
    }
    #[derive(Debug, Classify)]
    #[classify(interruption)]
    struct Wrapped(std::io::Error);
    #[derive(Debug, Classify)]
    enum Generic<'a, T> {
        #[classify(kind = *_1)]
        Other(&'a T, Kind),
        #[classify(inherit, interruption)]
        r#Cut(#[source] Interruption),
    }
    for cut in CUTS {
        assert_eq!(Unit::from(cut).classify().kind, Kind::Permanent);
        assert_eq!(Wrapped::from(cut).0.to_string(), cut.to_string());
        assert_eq!(Generic::<u8>::from(cut).classify(), cut.classify());
    }
    assert_eq!(Generic::Other(&7, Kind::Transient).classify().kind, Kind::Transient);
}
