//! The contents of a body.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn items(runs: &Runs) -> Result<u32, E> {
    use std::cmp::max;
    const LEAST: u32 = 1;
    static MOST: u32 = 9;
    struct Local(u32);
    impl Local {
        fn get(&self) -> u32 {
            self.0
        }
    }
    fn inner(runs: &Runs) -> Result<u32, E> {
        let run = runs.fail(2)?;
        Ok(run)
    }
    macro_rules! add {
        ($a:expr, $b:expr) => {
            $a + $b
        };
    }
    Ok(max(LEAST, add!(Local(inner(runs)?).get(), 0)).min(MOST))
}

#[retryable(base = "0s")]
async fn nested_functions(runs: &Runs) -> Result<u32, E> {
    #[retryable(base = "0s")]
    async fn inner(runs: &Runs) -> Result<u32, E> {
        let run = runs.fail_later(2).await?;
        Ok(run)
    }
    let run = inner(runs).await?;
    if run < 4 {
        return Err(E::Busy);
    }
    Ok(run)
}

#[retryable(base = "0s")]
fn loops(runs: &Runs) -> Result<u32, E> {
    let mut sum = 0;
    'call: loop {
        for n in 0.. {
            if n == 2 {
                continue;
            }
            if n > 3 {
                break 'call;
            }
            sum += n;
        }
    }
    while sum > 100 {
        sum -= 1;
    }
    runs.fail(2)?;
    Ok(sum)
}

#[retryable(base = "0s")]
#[allow(clippy::never_loop)]
async fn loops_async(runs: &Runs, values: &[u32]) -> Result<u32, E> {
    let mut sum = 0;
    'outer: for value in values {
        loop {
            tokio::task::yield_now().await;
            sum += value;
            if sum > 2 {
                break 'outer;
            }
            break;
        }
    }
    let found = 'found: {
        if sum > 2 {
            break 'found 1;
        }
        0
    };
    runs.fail_later(2).await?;
    Ok(sum + found)
}

#[retryable(base = "0s")]
fn closures(runs: &Runs) -> Result<u32, E> {
    let mut calls = 0;
    let mut call = || {
        calls += 1;
        runs.fail(2)
    };
    let parse = |text: &str| -> Result<u32, E> { text.parse().map_err(|_| E::Bad) };
    let run = call()?;
    Ok(run + calls + parse("1")?)
}

#[retryable(base = "0s")]
async fn async_blocks(runs: &Runs, name: &str) -> Result<u32, E> {
    let first = async { runs.fail_later(2).await };
    let second = async move { Ok::<_, E>(name.len() as u32) };
    Ok(first.await? + second.await?)
}

#[retryable(base = "0s")]
async fn collections(runs: &Runs) -> Result<BTreeMap<u32, String>, E> {
    let run = runs.fail_later(2).await?;
    let pairs = (0..run).map(|n| Ok((n, n.to_string())));
    pairs.collect::<Result<_, E>>()
}

#[retryable(base = "0s")]
async fn streams(runs: &Runs) -> Result<u32, E> {
    let mut stream = futures::stream::iter(0..3);
    let mut sum = 0;
    while let Some(n) = stream.next().await {
        sum += n;
    }
    runs.fail_later(2).await?;
    Ok(sum)
}

#[retryable(base = "0s")]
fn recursive(runs: &Runs, depth: u32) -> Result<u32, E> {
    if depth == 0 {
        return runs.fail(2);
    }
    recursive(runs, depth - 1)
}

#[retryable(base = "0s")]
async fn recursive_async(runs: &Runs, depth: u32) -> Result<u32, E> {
    if depth == 0 {
        return runs.fail_later(2).await;
    }
    Box::pin(recursive_async(runs, depth - 1)).await
}

#[retryable(base = "0s")]
fn recursive_boxed(runs: &Runs, depth: u32) -> BoxFuture<'_, Result<u32, E>> {
    Box::pin(async move {
        if depth == 0 {
            return runs.fail_later(2).await;
        }
        recursive_boxed(runs, depth - 1).await
    })
}

#[retryable(base = "0s")]
async fn large(runs: &Runs) -> Result<usize, E> {
    let block = [runs.count() as u8; 20_000];
    runs.fail_later(2).await?;
    Ok(block.len())
}

#[retryable(base = "0s")]
fn shadows_its_arguments(runs: &Runs, name: &str) -> Result<usize, E> {
    let name = name.trim().to_owned();
    let runs = runs.fail(2);
    runs?;
    Ok(name.len())
}

#[retryable(base = "0s")]
#[allow(unsafe_code)]
fn unsafe_blocks(runs: &Runs, values: &[u32]) -> Result<u32, E> {
    // SAFETY: the slice has a first value.
    let first = unsafe { *values.as_ptr() };
    Ok(runs.fail(2)? + first)
}

#[retryable(base = "0s")]
async fn destructured<'a>(runs: &Runs, pair: &'a (String, u32)) -> Result<&'a str, E> {
    let (name, _) = pair;
    runs.fail_later(2).await?;
    Ok(name)
}

#[retryable(base = "0s")]
async fn locks(runs: &Runs, log: &tokio::sync::Mutex<Vec<u32>>) -> Result<usize, E> {
    let mut log = log.lock().await;
    log.push(1);
    runs.fail_later(2).await?;
    Ok(log.len())
}

#[test]
fn bodies_are_retried() {
    assert_eq!(items(&Runs::new()), Ok(3));
    assert_eq!(loops(&Runs::new()), Ok(4));
    assert_eq!(closures(&Runs::new()), Ok(5));
    assert_eq!(recursive(&Runs::new(), 3), Ok(3));
    assert_eq!(shadows_its_arguments(&Runs::new(), " ab "), Ok(2));
    assert_eq!(unsafe_blocks(&Runs::new(), &[1]), Ok(4));
}

#[test]
fn async_bodies_are_retried() {
    block_on(async {
        assert_eq!(sendable(nested_functions(&Runs::new())).await, Ok(4));
        assert_eq!(sendable(loops_async(&Runs::new(), &[1, 2, 3])).await, Ok(4));
        assert_eq!(sendable(async_blocks(&Runs::new(), "a")).await, Ok(4));
        assert_eq!(collections(&Runs::new()).await.map(|map| map.len()), Ok(3));
        assert_eq!(sendable(streams(&Runs::new())).await, Ok(3));
        assert_eq!(recursive_async(&Runs::new(), 3).await, Ok(3));
        assert_eq!(sendable(recursive_boxed(&Runs::new(), 3)).await, Ok(3));
        let runs = Runs::new();
        let future = large(&runs);
        assert!(size_of_val(&future) < 2 * 20_000, "the body is not stored twice");
        assert_eq!(future.await, Ok(20_000));
        assert_eq!(destructured(&Runs::new(), &("n".to_owned(), 1)).await, Ok("n"));
        assert_eq!(sendable(locks(&Runs::new(), &tokio::sync::Mutex::default())).await, Ok(3));
    });
}
