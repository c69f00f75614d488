//! A blocking function, which is refused: `cargo xtask wasm` expects the message.

#[retry_runtime::retryable(max = 1)]
pub fn blocks() -> std::io::Result<()> {
    Ok(())
}

pub fn by_a_builder() -> std::io::Result<()> {
    retry_runtime::Policy::new().retrying(|_| Ok(())).run()
}

pub fn by_policy() -> std::io::Result<()> {
    retry_runtime::Policy::new().call(|_| Ok(()))
}
