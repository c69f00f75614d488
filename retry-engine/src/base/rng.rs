//! A small seeded random number generator, and unique identifiers.

use std::cell::Cell;

use super::entropy::entropy;

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
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number, uniform from 0 to less than 1.
    pub fn draw_unit(&mut self) -> f64 {
        // An f64 holds 53 bits.
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A unique number of 128 bits.
pub(crate) fn unique() -> u128 {
    (u128::from(entropy()) << 64) | u128::from(entropy())
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
