//! [`Classify`] for `anyhow::Error`.

use std::borrow::Cow;

use crate::failure::chain::{self, Chained};
use crate::failure::class::{Class, Classify};
use crate::failure::describe;
use crate::failure::interruption::Interruption;

/// The class by [`of_error_chain`](chain::of_error_chain), as for every boxed error; `Permanent` when that knows no error
/// in the chain, which a warning says once for each annotated function. Contexts that are texts are skipped.
impl Classify for anyhow::Error {
    fn classify(&self) -> Class {
        chain::of_boxed(self.as_ref())
    }

    /// The texts of all contexts and errors of the chain, as `{:#}` writes them.
    fn describe(&self) -> Cow<'static, str> {
        self.whole_text()
    }

    fn interruption(&self) -> Option<Interruption> {
        chain::interruption_in(self.as_ref())
    }
}

impl Chained for anyhow::Error {
    fn whole_text(&self) -> Cow<'static, str> {
        describe::by_display(&format_args!("{self:#}"))
    }

    fn interruption(&self) -> Option<Interruption> {
        chain::interruption_in(self.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::class::Kind;
    use anyhow::anyhow;
    use std::io;

    #[test]
    fn contexts_are_skipped() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::ConnectionRefused))
            .context("cannot reach the ledger")
            .context("cannot charge");
        assert_eq!(error.classify(), Class::new(Kind::Transient));
        assert_eq!(error.describe(), "cannot charge: cannot reach the ledger: connection refused");
    }

    #[test]
    fn a_text_alone_is_permanent() {
        assert_eq!(anyhow!("timed out").classify(), Class::new(Kind::Permanent));
    }
}
