//! Runs the cases for callgrind, which counts instructions.

use std::hint::black_box;

use crate::case::Case;
use crate::work::Script;

/// Warm-up calls before counting, to create one-time state such as a runtime or thread-local tables.
const WARM_UP: u32 = 500;

/// Runs each case to warm up and then `times` times in [`counted`]. Prints a line for each case.
pub fn run(cases: &[Case], times: u32) {
    let script = Script::leaked();
    for case in cases {
        case.switched(|| {
            repeat(case, script, WARM_UP);
            counted(case, script, times);
        });
        println!("counted\t{}\t{}\t{times}", case.work, case.candidate);
    }
}

/// Callgrind resets its counts when [`forget`] is called and writes a profile when this function returns. It accepts
/// only one such instruction per function.
#[inline(never)]
fn counted(case: &Case, script: &'static Script, times: u32) {
    forget();
    repeat(case, script, times);
    black_box(());
}

#[inline(never)]
fn forget() {
    black_box(());
}

/// Runs a case through its pointer.
#[inline(always)]
pub(crate) fn repeat(case: &Case, script: &'static Script, times: u32) {
    for _ in 0..times {
        let run = black_box(case.run);
        let _ = black_box(run(black_box(script)));
    }
}
