//! [`Classify`] for the errors of `tower`'s middleware.

use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;

use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// `Ambiguous`, because the request that `tower::timeout` cut off may have taken effect.
impl Classify for Elapsed {
    fn classify(&self) -> Class {
        Class::new(Kind::Ambiguous)
    }

    describe::by_display!();
}

/// `Transient`: `tower::load_shed` refused the request on this side, so nothing was sent. The kind `Overloaded` is for
/// servers that ask not to be called again.
impl Classify for Overloaded {
    fn classify(&self) -> Class {
        Class::new(Kind::Transient)
    }

    describe::by_display!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_may_have_acted_and_a_shed_request_was_never_sent() {
        let boxed: [tower::BoxError; 2] = [Elapsed::new().into(), Overloaded::new().into()];
        let kinds = boxed.map(|error| error.classify().kind);
        assert_eq!(kinds, [Kind::Ambiguous, Kind::Transient]);
    }
}
