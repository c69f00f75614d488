//! An allocator that counts while counting is on.

#![expect(unsafe_code, reason = "an allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// The system allocator with counters, which cost a load and a branch while counting is off.
#[derive(Debug)]
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

/// The allocations made while counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Calls of the allocator, including growing.
    pub allocations: u64,
    /// Bytes requested.
    pub bytes: u64,
    /// Bytes still in use; negative if more were freed than allocated.
    pub live: i64,
}

/// Starts counting from zero.
pub fn start() {
    for counter in [&ALLOCATIONS, &BYTES, &FREED] {
        counter.store(0, Relaxed);
    }
    ON.store(true, Relaxed);
}

/// The allocations since counting started.
pub fn counts() -> Counts {
    let bytes = BYTES.load(Relaxed);
    let live = bytes as i64 - FREED.load(Relaxed) as i64;
    Counts { allocations: ALLOCATIONS.load(Relaxed), bytes, live }
}

/// The allocations made in `work`.
pub fn counting(work: impl FnOnce()) -> Counts {
    start();
    work();
    let counts = counts();
    stop();
    counts
}

/// Stops counting.
pub fn stop() {
    ON.store(false, Relaxed);
}

#[inline]
fn took(bytes: usize) {
    if ON.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(bytes as u64, Relaxed);
    }
}

#[inline]
fn gave(bytes: usize) {
    if ON.load(Relaxed) {
        FREED.fetch_add(bytes as u64, Relaxed);
    }
}

// SAFETY: every method forwards its arguments to the system allocator and returns the result.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller upholds `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller upholds `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        gave(layout.size());
        took(size);
        // SAFETY: the caller upholds `realloc`'s contract.
        unsafe { System.realloc(block, layout, size) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the caller upholds `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}
