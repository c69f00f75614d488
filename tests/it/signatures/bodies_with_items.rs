//! Bodies that contain items: `use`, `const`, `fn`, `struct` and others.

#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use std::future::Future;

use async_trait::async_trait;
use retry_runtime::retryable;

use super::support::{E, Runs, block_on};

#[retryable(base = "0s")]
fn begins_with_use(runs: &Runs) -> Result<u32, E> {
    use std::cmp::max;
    Ok(max(runs.fail(2)?, 1))
}

#[retryable(base = "0s")]
async fn begins_with_const(runs: &Runs) -> Result<u32, E> {
    const ADD: u32 = 1;
    Ok(runs.fail_later(2).await?.saturating_add(ADD))
}

#[retryable(base = "0s")]
fn begins_with_fn(runs: &Runs) -> Result<u32, E> {
    const fn double(number: u32) -> u32 {
        number.saturating_mul(2)
    }
    runs.fail(2).map(double)
}

#[retryable(base = "0s")]
async fn begins_with_struct(runs: &Runs) -> Result<u32, E> {
    #[derive(Clone, Copy)]
    struct Answer(u32);
    let answer = Answer(runs.fail_later(2).await?);
    Ok(answer.0)
}

#[retryable(base = "0s")]
fn begins_with_a_static_and_an_attribute(runs: &Runs) -> Result<u32, E> {
    #[allow(dead_code)]
    static ADD: u32 = 1;
    Ok(runs.fail(2)?.saturating_add(ADD))
}

#[retryable(base = "0s")]
fn begins_with_a_macro(runs: &Runs) -> Result<u32, E> {
    macro_rules! one {
        () => {
            1
        };
    }
    Ok(runs.fail(2)?.saturating_add(one!()))
}

#[retryable(base = "0s")]
async fn begins_with_an_enum_an_impl_and_a_trait(runs: &Runs) -> Result<u32, E> {
    enum Side {
        Left,
    }
    trait Number {
        fn number(&self) -> u32;
    }
    impl Number for Side {
        fn number(&self) -> u32 {
            match self {
                Self::Left => 1,
            }
        }
    }
    Ok(runs.fail_later(2).await?.saturating_add(Side::Left.number()))
}

/// The items of the body stand for other things than the types of the signature.
#[retryable(base = "0s")]
async fn hides_the_types_of_the_signature(runs: &Runs) -> Result<u32, E> {
    use std::fmt::Result;
    struct E;
    let nothing: Result = Ok(());
    let _: E = E;
    runs.fail_later(2).await.map(|run| run.saturating_add(u32::from(nothing.is_err())))
}

#[retryable(base = "0s")]
fn future(runs: &Runs) -> impl Future<Output = Result<u32, E>> + Send + '_ {
    let number = runs.count();
    async move {
        const ADD: u32 = 1;
        let _ = number;
        Ok(runs.fail_later(2).await?.saturating_add(ADD))
    }
}

#[async_trait]
trait Client {
    async fn get(&self) -> Result<u32, E>;
}

#[async_trait]
impl Client for Runs {
    #[retryable(base = "0s")]
    async fn get(&self) -> Result<u32, E> {
        use std::cmp::max;
        Ok(max(self.fail_later(2).await?, 1))
    }
}

#[test]
fn a_body_that_begins_with_items_is_retried_and_gets_no_lint() {
    let new = Runs::new;
    assert_eq!(begins_with_use(&new()), Ok(3));
    assert_eq!(begins_with_fn(&new()), Ok(6));
    assert_eq!(begins_with_a_static_and_an_attribute(&new()), Ok(4));
    assert_eq!(begins_with_a_macro(&new()), Ok(4));
    block_on(async {
        assert_eq!(begins_with_const(&new()).await, Ok(4));
        assert_eq!(begins_with_struct(&new()).await, Ok(3));
        assert_eq!(begins_with_an_enum_an_impl_and_a_trait(&new()).await, Ok(4));
        assert_eq!(hides_the_types_of_the_signature(&new()).await, Ok(3));
        assert_eq!(future(&new()).await, Ok(4));
        assert_eq!(new().get().await, Ok(3));
    });
}
