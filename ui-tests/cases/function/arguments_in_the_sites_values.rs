use std::io;

use retry_runtime::{Backoff, Jitter, Kinds, retryable};

struct Client {
    jitter: Jitter,
}

impl Client {
    const BACKOFF: Backoff = Backoff::Fixed;

    #[retryable(jitter = self.jitter, backoff = Self::BACKOFF)]
    fn fetch(&self) -> io::Result<()> {
        Ok(())
    }
}

trait Limit {
    const KINDS: Kinds;
}

#[retryable(name = name, inherit = inherit)]
fn charge(name: &'static str, inherit: bool) -> io::Result<&'static str> {
    Ok(if inherit { name } else { "" })
}

#[retryable(on = L::KINDS)]
fn generic<L: Limit>() -> io::Result<()> {
    Ok(())
}

#[retryable(name = concat!("fetch", N))]
fn constant<const N: u32>() -> io::Result<()> {
    Ok(())
}

fn main() {}
