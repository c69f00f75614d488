//! A small seeded random number generator, and unique identifiers.

use std::cell::Cell;

use super::entropy::{entropy, process};

/// The random number generator SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// OOPSLA 2014): eight bytes of state, equidistributed. It is good enough for jitter; do not use it for secrets.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that always gives the same numbers for the same `seed`.
    pub const fn seeded(seed: u64) -> Self {
        Rng(seed)
    }

    /// A generator with a random seed. The seed comes from a thread-local generator, which is seeded by the
    /// platform.
    pub fn fresh() -> Self {
        thread_local! {
            static SEEDS: Cell<Option<u64>> = const { Cell::new(None) };
        }
        let mut seeds = Rng(SEEDS.get().unwrap_or_else(entropy));
        let seed = seeds.draw();
        SEEDS.set(Some(seeds.0));
        Rng(seed)
    }

    /// The next number, uniform over all of `u64`.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// The next number, uniform from 0 to less than 1.
    pub fn draw_unit(&mut self) -> f64 {
        // An f64 holds 53 bits.
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The finalizer of SplitMix64, a bijection.
const fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A unique number of 128 bits: a sequence of the thread's own, which begins at random.
///
/// The sequence is a Weyl sequence whose terms are mixed as in SplitMix64, both halves by a bijection, so that a thread never
/// repeats a number. A process that forks copies the sequences of its threads, and the process's number tells the copies apart.
#[inline]
pub(crate) fn unique() -> u128 {
    thread_local! {
        static LAST: Cell<Option<u128>> = const { Cell::new(None) };
    }
    // Odd: 2^128 divided by the golden ratio.
    const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let begin = || u128::from(entropy()) << 64 | u128::from(entropy());
    let last = LAST.try_with(Cell::get).unwrap_or_default().unwrap_or_else(begin);
    let next = last.wrapping_add(STEP);
    let _ = LAST.try_with(|last| last.set(Some(next)));
    let (high, low) = ((next >> 64) as u64, next as u64);
    let high = mixed(high ^ process());
    u128::from(high) << 64 | u128::from(mixed(low ^ high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_as_the_published_algorithm() {
        // Reference values of SplitMix64 for seed 1234567, from the author's C program.
        let mut rng = Rng::seeded(1_234_567);
        assert_eq!(rng.draw(), 6_457_827_717_110_365_317);
        assert_eq!(rng.draw(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn ten_thousand_identifiers_are_all_different() {
        let all: std::collections::HashSet<u128> = (0..10_000).map(|_| unique()).collect();
        assert_eq!(all.len(), 10_000);
    }
}
