//! An interner: values that are kept for the rest of the process, equal ones once.
//!
//! Calls in flight hold references to settings that may have been replaced long ago. Settings that are never freed
//! need no reference counts, and a program that switches between a few configurations keeps each of them once.

use std::sync::Mutex;

use super::sync::lock;

/// Leaks values, and finds the ones that it has leaked.
#[derive(Debug)]
pub struct Pool<T: ?Sized + 'static>(Mutex<Vec<&'static T>>);

impl<T: ?Sized + PartialEq> Pool<T> {
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
        let value = value.into();
        let mut kept = lock(&self.0);
        if let Some(known) = kept.iter().find(|known| ***known == *value) {
            return known;
        }
        let value: &'static T = Box::leak(value);
        kept.push(value);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_kept_once() {
        let pool: Pool<[u32]> = Pool::new();
        let (one, other, again) = (pool.keep([1, 2]), pool.keep([1, 3]), pool.keep(vec![1, 2]));
        assert_eq!((one, other), (&[1, 2][..], &[1, 3][..]));
        assert!(std::ptr::eq(one, again));
    }
}
