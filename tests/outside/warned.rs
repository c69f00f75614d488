//! The warnings about names and settings that two attributes share: given once, at a first call, outside of all locks.

use std::fmt;

use retry_runtime::{Classify, Interruption, retryable};

use super::act::{Manner, Point};
use super::{alone, entries, run};

#[derive(Debug, PartialEq, Classify)]
#[classify(permanent)]
struct No;

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no")
    }
}

impl From<Interruption> for No {
    fn from(_: Interruption) -> Self {
        No
    }
}

/// Functions that share a name, and functions that give one table of breakers different settings; one pair of each for
/// each manner, since each pair is warned about once.
macro_rules! pairs {
    ($($module:ident: $name:literal, $table:literal;)*) => { $(
        mod $module {
            use super::*;

            #[retryable(max = 0, budget = none, name = $name)]
            fn twin() -> Result<u32, No> {
                Ok(1)
            }

            #[allow(dead_code, reason = "exists only to share the name")]
            #[retryable(max = 0, budget = none, name = $name)]
            fn other_twin() -> Result<u32, No> {
                Ok(2)
            }

            #[retryable(max = 0, budget = none, breaker($table, key = key, consecutive = 3))]
            fn contested(key: &str) -> Result<u32, No> {
                Ok(key.len() as u32)
            }

            #[allow(dead_code, reason = "exists only to share the table")]
            #[retryable(max = 0, budget = none, breaker($table, key = key, consecutive = 4))]
            fn other_contested(key: &str) -> Result<u32, No> {
                Ok(key.len() as u32)
            }

            pub(super) fn twins() -> String {
                format!("{:?}", twin())
            }

            pub(super) fn tables() -> String {
                format!("{:?}", contested("key"))
            }
        }
    )* };
}

pairs! {
    panics: "outside::twin of panics", "outside::contested by panics";
    blocks: "outside::twin of blocks", "outside::contested by blocks";
    calls_back: "outside::twin of calls back", "outside::contested by calls back";
}

#[test]
fn a_subscriber_may_panic_block_or_call_back_at_a_warning_about_shared_names() {
    let _alone = alone();
    let cells: [(Manner, [entries::Entry; 2]); 3] = [
        (Manner::Panics, [("twins", panics::twins), ("tables", panics::tables)]),
        (Manner::Blocks, [("twins", blocks::twins), ("tables", blocks::tables)]),
        (Manner::CallsBack, [("twins", calls_back::twins), ("tables", calls_back::tables)]),
    ];
    for (manner, pairs) in cells {
        for (entry, said) in pairs.into_iter().zip(["Ok(1)", "Ok(3)"]) {
            let (seen, gate) = run(entry, Some((Point::Warning, manner)), false)
                .unwrap_or_else(|error| panic!("{}, {manner:?}: {error}", entry.0));
            assert_eq!(seen.said, said, "{}, {manner:?}", entry.0);
            assert!(gate.lock().reached.contains(&Point::Warning), "{} are warned about", entry.0);
        }
    }
}
