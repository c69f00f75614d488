//! The allocations of a call after warm-up.

use crate::allocator;
use crate::case::Case;
use crate::count::repeat;
use crate::work::Script;

const CALLS: u32 = 1000;

/// Prints the allocations and bytes of a call, and the size of its future (0 without a future).
pub fn run(cases: &[Case]) {
    let script = Script::leaked();
    for case in cases {
        let counts = case.switched(|| {
            repeat(case, script, CALLS);
            allocator::counting(|| repeat(case, script, CALLS))
        });
        let [allocations, bytes] =
            [counts.allocations, counts.bytes].map(|count| count as f64 / f64::from(CALLS));
        let size = case.size.map_or(0, |size| size(script));
        println!(
            "allocated\t{}\t{}\t{allocations:.2}\t{bytes:.2}\t{size}",
            case.work, case.candidate
        );
    }
}
