//! [`Classify`] for `anyhow::Error`.

use crate::failure::chain::{interruption_in, of_error_chain};
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;
use crate::failure::interruption::Interruption;

/// The class by [`of_error_chain`], as for every boxed error; `Permanent` when that knows no error in the chain.
/// Contexts that are texts are skipped.
impl Classify for anyhow::Error {
    fn classify(&self) -> Class {
        of_error_chain(self.as_ref()).unwrap_or(Class::new(Kind::Permanent))
    }

    describe::by_display!();

    fn interruption(&self) -> Option<&Interruption> {
        interruption_in(self.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;
    use std::io;

    #[test]
    fn contexts_are_skipped() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::ConnectionRefused))
            .context("cannot reach the ledger")
            .context("cannot charge");
        assert_eq!(error.classify(), Class::new(Kind::Transient));
        assert_eq!(error.describe(), "cannot charge");
    }

    #[test]
    fn a_text_alone_is_permanent() {
        assert_eq!(anyhow!("timed out").classify(), Class::new(Kind::Permanent));
    }
}
