//! Where a call may block its thread.

/// A closure in a call that blocks its thread between the attempts: every closure, except on `wasm32-unknown-unknown`
/// without threads (`atomics`), where a pause would be a busy loop that freezes the page.
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::timer::MayBlock;
///
/// /// Has the bound that `Policy::call` asks for.
/// fn patiently(read: impl FnMut() -> std::io::Result<u32> + MayBlock) -> std::io::Result<u32> {
///     let mut read = read;
///     Policy::new().call(|_| read())
/// }
/// assert_eq!(patiently(|| Ok(7))?, 7);
/// # Ok::<(), std::io::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a blocking call cannot sleep between its attempts on `wasm32-unknown-unknown`",
    label = "would block the only thread, which a browser does not allow",
    note = "make the function `async`: such calls sleep by `setTimeout`",
    note = "to retry a blocking function on other targets only, write `#[cfg_attr(not(target_family = \"wasm\"), retryable(…))]`"
)]
pub trait MayBlock {}

#[cfg(not(all(target_family = "wasm", target_os = "unknown", not(target_feature = "atomics"))))]
impl<F: ?Sized> MayBlock for F {}
