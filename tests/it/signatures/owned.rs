//! Arguments by value: used by reference, cloned for each attempt, or kept across attempts.

use std::collections::HashMap;

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn by_reference(runs: &Runs, name: String, values: Vec<u32>) -> Result<usize, E> {
    runs.fail(2)?;
    Ok(name.len() + values.iter().sum::<u32>() as usize)
}

#[retryable(base = "0s")]
async fn by_reference_async(runs: &Runs, name: String, values: Vec<u32>) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(name.len() + values.len())
}

#[retryable(base = "0s", clone(name))]
fn cloned(runs: &Runs, name: String) -> Result<String, E> {
    let taken = name;
    runs.fail(2)?;
    Ok(taken)
}

#[retryable(base = "0s", clone(name))]
async fn cloned_async(runs: &Runs, name: String) -> Result<String, E> {
    let taken = name;
    runs.fail_later(2).await?;
    Ok(taken)
}

#[retryable(base = "0s", clone(a, b))]
fn both_cloned(runs: &Runs, a: String, b: Vec<u32>, c: String) -> Result<usize, E> {
    let taken = (a, b);
    runs.fail(2)?;
    Ok(taken.0.len() + taken.1.len() + c.len())
}

#[retryable(base = "0s", clone(a, b))]
async fn both_cloned_async(runs: &Runs, a: String, b: Vec<u32>, c: String) -> Result<usize, E> {
    let spawned = tokio::spawn(async move { a.len() + b.len() }).await.expect("no panic");
    runs.fail_later(2).await?;
    Ok(spawned + c.len())
}

#[retryable(base = "0s", clone(values))]
fn fresh(runs: &Runs, mut values: Vec<u32>) -> Result<Vec<u32>, E> {
    values.push(1);
    runs.fail(2)?;
    Ok(values)
}

#[retryable(base = "0s", clone(values))]
async fn fresh_async(runs: &Runs, mut values: Vec<u32>) -> Result<Vec<u32>, E> {
    values.push(1);
    runs.fail_later(2).await?;
    Ok(values)
}

#[retryable(base = "0s", keep(values))]
fn kept(runs: &Runs, mut values: Vec<u32>) -> Result<usize, E> {
    values.push(1);
    runs.fail(2)?;
    Ok(values.len())
}

#[retryable(base = "0s", keep(values))]
async fn kept_async(runs: &Runs, mut values: Vec<u32>) -> Result<usize, E> {
    values.push(1);
    runs.fail_later(2).await?;
    Ok(values.len())
}

#[retryable(base = "0s", keep(offset, seen), clone(parts))]
async fn each_its_way(
    runs: &Runs,
    mut offset: usize,
    mut seen: HashMap<usize, u32>,
    mut parts: Vec<u32>,
) -> Result<(usize, usize, usize), E> {
    offset += 1;
    parts.push(1);
    seen.insert(offset, 1);
    runs.fail_later(2).await?;
    Ok((offset, seen.len(), parts.len()))
}

#[retryable(base = "0s", keep(source))]
fn reads(runs: &Runs, mut source: impl Iterator<Item = u32>) -> Result<u32, E> {
    let next = source.next().unwrap_or(0);
    runs.fail(2)?;
    Ok(next)
}

#[retryable(base = "0s")]
async fn taken_when_nothing_can_fail_any_more(runs: &Runs, name: Option<String>) -> Result<u32, E> {
    let run = runs.fail_later(2).await?;
    Ok(run + name.as_deref().map_or(0, str::len) as u32)
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Order {
    id: u32,
    lines: Vec<String>,
}

#[retryable(base = "0s", clone(order))]
async fn a_struct(runs: &Runs, order: Order) -> Result<Order, E> {
    let Order { id, lines } = order;
    runs.fail_later(2).await?;
    Ok(Order { id, lines })
}

#[retryable(base = "0s", clone(handle))]
async fn moved_into_a_task(handle: std::sync::Arc<Runs>) -> Result<u32, E> {
    tokio::spawn(async move { handle.fail_later(2).await }).await.expect("no panic")
}

#[test]
fn owned_arguments_are_available_in_every_attempt() {
    let name = || "name".to_owned();
    assert_eq!(by_reference(&Runs::new(), name(), vec![1]), Ok(5));
    assert_eq!(cloned(&Runs::new(), name()), Ok(name()));
    assert_eq!(both_cloned(&Runs::new(), name(), vec![1], name()), Ok(9));
    assert_eq!(fresh(&Runs::new(), vec![0]), Ok(vec![0, 1]));
    assert_eq!(kept(&Runs::new(), vec![0]), Ok(4));
    assert_eq!(reads(&Runs::new(), 10..), Ok(12));
}

#[test]
fn owned_arguments_are_available_in_every_async_attempt() {
    let name = || "name".to_owned();
    block_on(async {
        assert_eq!(sendable(by_reference_async(&Runs::new(), name(), vec![1])).await, Ok(5));
        assert_eq!(sendable(cloned_async(&Runs::new(), name())).await, Ok(name()));
        assert_eq!(both_cloned_async(&Runs::new(), name(), vec![1], name()).await, Ok(9));
        assert_eq!(fresh_async(&Runs::new(), vec![0]).await, Ok(vec![0, 1]));
        assert_eq!(kept_async(&Runs::new(), vec![0]).await, Ok(4));
        assert_eq!(each_its_way(&Runs::new(), 0, HashMap::new(), Vec::new()).await, Ok((3, 3, 1)));
        assert_eq!(taken_when_nothing_can_fail_any_more(&Runs::new(), Some(name())).await, Ok(7));
        assert_eq!(a_struct(&Runs::new(), Order::default()).await, Ok(Order::default()));
        assert_eq!(moved_into_a_task(std::sync::Arc::new(Runs::new())).await, Ok(3));
    });
}
