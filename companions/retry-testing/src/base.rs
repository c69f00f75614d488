//! Helpers that the other modules share.

/// A seed for the call or attempt with this number of the function with this name.
pub(crate) fn mixed(seed: u64, name: &str, number: u64) -> u64 {
    // FNV-1a (Fowler, Noll, Vo), 64 bits.
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = name.bytes().chain(number.to_le_bytes()).chain(seed.to_le_bytes());
    bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
