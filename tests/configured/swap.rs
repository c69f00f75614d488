//! A configuration takes effect for all functions at once.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::program::{apply, charge, refund, turn};

#[test]
fn a_thread_that_sees_one_function_changed_sees_all_of_them_changed() {
    let _turn = turn();
    // Odd while settings are being applied, even while they are being reset.
    let (phase, done) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let before = phase.load(Ordering::SeqCst);
                    let (first, second) = (Cell::new(0), Cell::new(0));
                    let _ = (charge(&first), refund(&second));
                    if before % 2 == 1 && phase.load(Ordering::SeqCst) == before {
                        let seen = (first.get(), second.get());
                        assert!(seen != (1, 3), "charge was changed and refund was not");
                    }
                }
            });
        }
        for _ in 0..500 {
            retry_config::reset();
            phase.fetch_add(1, Ordering::SeqCst);
            apply("[op.\"billing::*\"]\nmax = 0").unwrap();
            phase.fetch_add(1, Ordering::SeqCst);
        }
        done.store(true, Ordering::SeqCst);
    });
    retry_config::reset();
}
