//! Random bits from the platform.

/// 64 random bits: a hash whose keys std takes from the operating system for each thread, and uses only once.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn entropy() -> u64 {
    use std::collections::hash_map::RandomState;
    use std::hash::BuildHasher;

    RandomState::new().hash_one(())
}

/// The number of the process, which is another one after a fork.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[inline]
pub(crate) fn process() -> u64 {
    std::process::id().into()
}

/// A page has one process, and no number of it.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) const fn process() -> u64 {
    0
}

/// 64 random bits: `crypto.getRandomValues`, or `Math.random` where there is none.
///
/// std's hash keys are addresses here, the same in each program that runs: all clients would wait for the same time, and
/// their calls would have the same identifiers.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn entropy() -> u64 {
    // 53 bits of one number, and as many of another one, cover 64 bits.
    let random = || (js_sys::Math::random() * (1_u64 << 53) as f64) as u64;
    by_crypto().unwrap_or_else(|| random() << 11 ^ random())
}

/// `None` where the global object has no `crypto`.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn by_crypto() -> Option<u64> {
    use js_sys::{Function, Reflect, Uint8Array};
    use wasm_bindgen::JsCast;

    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?;
    let fill = Reflect::get(&crypto, &"getRandomValues".into()).ok()?;
    let bytes = Uint8Array::new_with_length(8);
    fill.dyn_into::<Function>().ok()?.call1(&crypto, &bytes).ok()?;
    let mut bits = [0; 8];
    bytes.copy_to(&mut bits);
    Some(u64::from_le_bytes(bits))
}
