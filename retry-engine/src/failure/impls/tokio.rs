//! [`Classify`] for `tokio`'s `Elapsed`.

use tokio::time::error::Elapsed;

use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// `Ambiguous`, because the future that `tokio::time::timeout` dropped may have taken effect.
impl Classify for Elapsed {
    fn classify(&self) -> Class {
        Class::new(Kind::Ambiguous)
    }

    describe::by_display!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::time::Duration;
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    #[test]
    fn a_timeout_is_ambiguous() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let elapsed =
            runtime.block_on(async { timeout(Duration::ZERO, pending::<()>()).await }).unwrap_err();
        assert_eq!(elapsed.classify(), Class::new(Kind::Ambiguous));
        let boxed: Box<dyn std::error::Error> = Box::new(elapsed);
        assert_eq!(boxed.classify(), Class::new(Kind::Ambiguous));
    }
}
