//! An error of any kind.

use retry_runtime::{Class, Classify, Interruption, Kind};

#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) Kind);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("trouble")
    }
}

impl Classify for Trouble {
    fn classify(&self) -> Class {
        self.0.into()
    }
}

impl From<Interruption> for Trouble {
    fn from(_: Interruption) -> Self {
        Trouble(Kind::Transient)
    }
}
