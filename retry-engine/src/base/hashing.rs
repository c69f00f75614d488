//! A hash for tables of short texts.

use std::hash::{BuildHasher, Hasher};

use super::rng::Rng;

/// A hash with a random seed: sixteen bytes at a time, mixed in by a multiplication whose halves are folded (as in
/// wyhash). A host name takes 20 instructions, and 200 with std's SipHash. The keys are of tables that are bounded:
/// whoever finds colliding keys in spite of the seed gets a slow search, not a table without end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashing {
    start: u64,
    factor: u64,
}

impl Hashing {
    #[inline]
    pub(crate) fn seeded() -> Self {
        let mut rng = Rng::fresh();
        Hashing { start: rng.draw(), factor: rng.draw() }
    }
}

impl BuildHasher for Hashing {
    type Hasher = Mixer;

    #[inline]
    fn build_hasher(&self) -> Mixer {
        Mixer { state: self.start, factor: self.factor }
    }
}

/// The hash of one key.
#[derive(Debug)]
pub(crate) struct Mixer {
    state: u64,
    factor: u64,
}

impl Mixer {
    #[inline]
    fn mix(&mut self, first: u64, second: u64) {
        let product = u128::from(self.state ^ first) * u128::from(self.factor ^ second);
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Mixer {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.state = self.state.wrapping_add(bytes.len() as u64);
        let mut rest = bytes;
        while rest.len() > 16 {
            let Some((first, more)) = rest.split_first_chunk() else { return };
            let Some((second, more)) = more.split_first_chunk() else { return };
            self.mix(u64::from_le_bytes(*first), u64::from_le_bytes(*second));
            rest = more;
        }
        match (rest.first_chunk(), rest.last_chunk()) {
            // The same bytes may be in both: the length tells such texts apart.
            (Some(first), Some(last)) => {
                self.mix(u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            }
            _ => self.mix(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
        }
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        // The end of a text, which is mixed already.
        self.state = self.state.wrapping_mul(2).wrapping_add(u64::from(byte));
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word), 0);
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.mix(word, 0);
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64, 0);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_in_one_place_differ_in_all_bits_that_a_table_looks_at() {
        let hashing = Hashing::seeded();
        let hosts: Vec<String> = (0..1000).map(|host| format!("host-{host}.example.com")).collect();
        let hashes: Vec<u64> = hosts.iter().map(|host| hashing.hash_one(host)).collect();
        // The lowest bits choose the group, the highest seven the entry.
        let low: HashSet<u64> = hashes.iter().map(|hash| hash % 4096).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 700, "{} of 4096 groups for 1000 texts", low.len());
        assert!(high.len() > 120, "{} of 128 marks", high.len());
    }

    #[test]
    fn a_text_has_one_hash_with_one_seed_and_lengths_count() {
        let hashing = Hashing::seeded();
        let lengths: HashSet<u64> = (0..64).map(|n| hashing.hash_one("\0".repeat(n))).collect();
        assert_eq!(lengths.len(), 64);
        assert_eq!(hashing.hash_one("eu"), hashing.hash_one(String::from("eu")));
        assert_ne!(hashing.hash_one("eu"), Hashing::seeded().hash_one("eu"));
    }
}
