//! Where the tool that counts instructions looks.

use std::hint::black_box;

use crate::case::Case;
use crate::work::Script;

/// Calls before counting starts: what is made once (a runtime, a table for each thread) has been made.
const WARM_UP: u32 = 500;

/// Runs each case: first to warm up, then in [`counted`], so many times. Prints a line for each.
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

/// Callgrind forgets what it has counted when this is called, and writes a profile when it returns. (It
/// takes one order for each function.)
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
