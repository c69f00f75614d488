//! The allocations of a call, counted on the calling thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::error::Error;
use std::io;

use retry_runtime::{CancelToken, Policy, retryable};

use super::{Failure, every, ms, ready, secs};
use crate::virtual_time::virtually;

struct Counting;

thread_local! {
    // `const` and without `Drop`, so that the allocator may use it at any time.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(unsafe_code, reason = "an allocator is unsafe to write; this one only counts")]
// SAFETY: every call is forwarded to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get() - layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + size as isize - layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// The number of allocations this thread makes in `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

/// The number of bytes this thread still holds after `work`.
pub(crate) fn kept(work: impl FnOnce()) -> isize {
    let before = BYTES.get();
    work();
    BYTES.get() - before
}

#[retryable(max = 3, base = "1s")]
fn plain(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[retryable(max = 3, base = "1s", deadline = "9s", cancel = token, attempt = attempt, retry_if = |n| *n == 0, on_retry = |_| ())]
fn everything(n: u32, token: &CancelToken) -> Result<u32, Failure> {
    Ok(n + attempt.number())
}

#[retryable(max = 3, base = "1s")]
async fn plain_async(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[retryable(max = 3, base = "1s", deadline = "9s", timeout = "1s", idempotent, cancel = token, attempt = attempt)]
async fn everything_async(n: u32, token: &CancelToken) -> Result<u32, Failure> {
    Ok(n + attempt.number())
}

struct Desk(u32);

impl Desk {
    #[retryable(max = 3, base = "1s")]
    fn add(&mut self, n: u32) -> Result<u32, Failure> {
        self.0 += n;
        Ok(self.0)
    }

    #[retryable(max = 3, base = "1s")]
    async fn add_async(&mut self, n: u32) -> Result<u32, Failure> {
        self.0 += n;
        Ok(self.0)
    }
}

#[test]
fn a_first_try_success_allocates_nothing() {
    let (token, mut desk) = (CancelToken::new(), Desk(0));
    // The first call of a function registers it; the first call on a thread allocates a block of counters.
    let check = |what: &str, work: &mut dyn FnMut()| {
        work();
        assert_eq!(allocations(work), 0, "{what}");
    };
    check("a function", &mut || assert_eq!(plain(1), Ok(1)));
    check("every argument", &mut || assert_eq!(everything(1, &token), Ok(2)));
    check("async", &mut || assert_eq!(ready(plain_async(1)), Ok(1)));
    check("async, every argument", &mut || assert_eq!(ready(everything_async(1, &token)), Ok(2)));
    check("a method", &mut || assert!(desk.add(1).is_ok()));
    check("an async method", &mut || assert!(ready(desk.add_async(1)).is_ok()));
    let policy = Policy::new().deadline(secs(9));
    check("Policy::call", &mut || assert_eq!(policy.call(|_| Ok::<_, Failure>(1)), Ok(1)));
    let call = || policy.call_async(|_| async { Ok::<_, Failure>(1) });
    check("Policy::call_async", &mut || assert_eq!(ready(call()), Ok(1)));
}

#[retryable(max = 2, base = "0s", budget = none)]
fn io(kind: io::ErrorKind) -> io::Result<u32> {
    Err(kind.into())
}

#[retryable(max = 2, base = "0s", budget = none)]
fn boxed() -> Result<u32, Box<dyn Error>> {
    Err(io::Error::from(io::ErrorKind::ConnectionRefused).into())
}

#[test]
fn a_failing_call_allocates_nothing_once_its_history_is_full() {
    // The text is written, and the attempts are noted, in memory of previous calls.
    let mut policy_call =
        || assert!(Policy::new().call(|_| Err::<(), _>(Failure::Unknown)).is_err());
    let mut permanent = || assert!(io(io::ErrorKind::NotFound).is_err());
    let mut retried = || assert!(io(io::ErrorKind::ConnectionRefused).is_err());
    let calls: [(&str, &mut dyn FnMut()); 3] =
        [("a policy", &mut policy_call), ("permanent", &mut permanent), ("retried", &mut retried)];
    for (what, call) in calls {
        (0..40).for_each(|_| call());
        assert_eq!(allocations(&mut *call), 0, "{what}");
    }
    let boxed = || assert!(boxed().is_err());
    (0..40).for_each(|_| boxed());
    assert_eq!(allocations(boxed), 3, "the boxes of three attempts");
}

#[retryable(max = 0, breaker(key = host, consecutive = 1))]
fn by_host(host: &str) -> Result<u32, Failure> {
    Err(Failure::Refused)
}

#[test]
fn a_call_that_the_breaker_of_its_key_refuses_allocates_nothing() {
    assert_eq!(by_host("eu.example.com"), Err(Failure::Refused));
    let refused = || assert!(matches!(by_host("eu.example.com"), Err(Failure::Cut(_))));
    (0..40).for_each(|_| refused());
    assert_eq!(allocations(refused), 0);
}

#[test]
fn each_retry_allocates_little_and_no_more_than_the_previous_one() {
    let retried = |attempts: u32| {
        let policy = every(ms(1), attempts);
        virtually(|| {
            let call = || policy.call(|_| Err::<(), _>(Failure::Refused));
            assert!(call().is_err());
            allocations(|| assert!(call().is_err()))
        })
    };
    let (one, ten, hundred) = (retried(2), retried(11), retried(101));
    // At the first failure the call allocates its record and is added to the list of live calls.
    assert!(one <= 9, "{one} for one retry");
    // The text of the failure and a waker for the sleep; the list of attempts grows a few times, up to the limit of
    // a report.
    assert!(ten - one <= 9 * 3 + 2, "{one}, {ten}");
    assert!(hundred - ten <= 90 * 3 + 6, "{ten}, {hundred}");
}
