//! An interner: values that are kept for the rest of the process, equal ones once.
//!
//! Calls in flight hold references to settings that may have been replaced long ago. Settings that are never freed
//! need no reference counts, and a program that switches between a few configurations keeps each of them once.

use std::hash::{Hash, Hasher};
use std::sync::Mutex;

use super::sync::lock;

/// Leaks values, and finds the ones that it has leaked: it orders them by their hashes, so that a value is found as fast
/// among thousands as among a few.
#[derive(Debug)]
pub struct Pool<T: ?Sized + 'static>(Mutex<Vec<(u64, &'static T)>>);

impl<T: ?Sized + PartialEq + Hash> Pool<T> {
    /// An empty pool.
    #[allow(
        clippy::new_without_default,
        reason = "a pool is a static, which needs a `const` constructor"
    )]
    pub const fn new() -> Self {
        Pool(Mutex::new(Vec::new()))
    }

    /// The kept value that is equal to this one, which is kept if there is none.
    pub fn keep(&self, value: impl Into<Box<T>>) -> &'static T {
        match self.keep_up_to(usize::MAX, value) {
            Some(kept) => kept,
            None => unreachable!("no pool has so many values"),
        }
    }

    /// The kept value that is equal to this one, which is kept if the pool has fewer than `most` values.
    pub(crate) fn keep_up_to(&self, most: usize, value: impl Into<Box<T>>) -> Option<&'static T> {
        let value = value.into();
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        value.hash(&mut hasher);
        let hash = hasher.finish();
        let mut pool = lock(&self.0);
        let place = pool.partition_point(|(known, _)| *known < hash);
        let same_hash = pool[place..].iter().take_while(|(known, _)| *known == hash);
        for (_, known) in same_hash {
            if **known == *value {
                return Some(known);
            }
        }
        if pool.len() >= most {
            return None;
        }
        let value: &'static T = Box::leak(value);
        pool.insert(place, (hash, value));
        Some(value)
    }
}

/// The hash function FNV-1a, which needs no random seed.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn equal_values_are_kept_once() {
        let pool: Pool<[u32]> = Pool::new();
        let (one, other, again) = (pool.keep([1, 2]), pool.keep([1, 3]), pool.keep(vec![1, 2]));
        assert_eq!((one, other), (&[1, 2][..], &[1, 3][..]));
        assert!(std::ptr::eq(one, again));
    }

    #[test]
    fn a_value_is_compared_with_few_of_thousands() {
        thread_local! {
            static COMPARED: Cell<u32> = const { Cell::new(0) };
        }
        #[derive(Debug)]
        struct Counted(u32);
        impl Hash for Counted {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }
        impl PartialEq for Counted {
            fn eq(&self, other: &Self) -> bool {
                COMPARED.set(COMPARED.get() + 1);
                self.0 == other.0
            }
        }
        static POOL: Pool<Counted> = Pool::new();
        for number in 0..4000 {
            POOL.keep(Counted(number));
        }
        assert_eq!(COMPARED.get(), 0, "no two hashes are the same");
        assert_eq!((POOL.keep(Counted(3999)).0, COMPARED.get()), (3999, 1));
    }
}
