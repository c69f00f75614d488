//! Random values for property tests, the same in every run: SplitMix64 with a fixed seed.

use std::time::Duration;

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Any number, including both ends of the range.
    pub(crate) fn any(&mut self) -> u64 {
        match self.next() % 16 {
            0 => 0,
            1 => u64::MAX,
            _ => self.next() >> (self.next() % 64),
        }
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// Any duration, including zero and `Duration::MAX`.
    pub(crate) fn duration(&mut self) -> Duration {
        match self.below(8) {
            0 => Duration::MAX,
            1 => Duration::from_nanos(self.any()),
            _ => Duration::new(self.any(), self.below(1_000_000_000) as u32),
        }
    }

    /// Any number, including NaN and the infinities.
    pub(crate) fn float(&mut self) -> f64 {
        match self.below(4) {
            0 => self.pick(&[0.0, 1.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX]),
            1 => f64::from_bits(self.next()),
            _ => self.below(1 << 20) as f64 / f64::from(1 << 16),
        }
    }
}
