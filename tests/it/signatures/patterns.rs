//! Arguments destructured by a pattern in the signature.

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

struct Point {
    x: u32,
    y: u32,
}

struct Pair(u32, String);

#[retryable(base = "0s")]
fn tuple(runs: &Runs, (a, b): (u32, u32)) -> Result<u32, E> {
    Ok(runs.fail(2)? + a + b)
}

#[retryable(base = "0s")]
async fn tuple_async(runs: &Runs, (a, b): (u32, String)) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + a + b.len() as u32)
}

#[retryable(base = "0s")]
fn fields(runs: &Runs, Point { x, y: other }: Point) -> Result<u32, E> {
    Ok(runs.fail(2)? + x + other)
}

#[retryable(base = "0s")]
async fn fields_async(runs: &Runs, Point { x, .. }: Point) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + x)
}

#[retryable(base = "0s")]
async fn tuple_struct(runs: &Runs, Pair(a, b): Pair) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + a + b.len() as u32)
}

#[retryable(base = "0s")]
fn reference(runs: &Runs, &x: &u32) -> Result<u32, E> {
    Ok(runs.fail(2)? + x)
}

#[retryable(base = "0s")]
async fn reference_to_a_tuple(runs: &Runs, &(a, ref b): &(u32, String)) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + a + b.len() as u32)
}

#[retryable(base = "0s")]
fn ignored(runs: &Runs, _: String, _unused: u8) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
async fn ignored_async(runs: &Runs, _: String, _unused: u8) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s")]
async fn nested(
    runs: &Runs,
    (a, Point { x, y }, [b, ..]): (u32, Point, [u32; 3]),
) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + a + x + y + b)
}

#[retryable(base = "0s")]
fn array(runs: &Runs, [a, b]: [u32; 2]) -> Result<u32, E> {
    Ok(runs.fail(2)? + a + b)
}

#[retryable(base = "0s", clone(b))]
async fn cloned_part(runs: &Runs, (a, b): (u32, String)) -> Result<String, E> {
    let taken = b;
    runs.fail_later(2).await?;
    Ok(format!("{}{}", taken, a))
}

#[retryable(base = "0s", clone(b))]
async fn cloned_mutable_part(runs: &Runs, (a, mut b): (u32, String)) -> Result<String, E> {
    b.push('!');
    runs.fail_later(2).await?;
    Ok(format!("{}{}", b, a))
}

#[retryable(base = "0s", keep(a))]
fn kept_part(runs: &Runs, (mut a, b): (u32, u32)) -> Result<u32, E> {
    a += b;
    runs.fail(2)?;
    Ok(a)
}

#[retryable(base = "0s")]
fn whole_and_part(runs: &Runs, whole @ (part, _): (u32, u32)) -> Result<u32, E> {
    Ok(runs.fail(2)? + whole.1 + part)
}

fn put_together(_: E, _: &Runs, point: Point, pair: (u32, [u32; 2]), x: &u32) -> Result<u32, E> {
    Ok(point.x + point.y + pair.0 + pair.1[0] + pair.1[1] + x)
}

#[retryable(max = 1, base = "0s", recover = put_together)]
fn recovered(
    runs: &Runs,
    Point { x, y }: Point,
    (a, [b, c]): (u32, [u32; 2]),
    &d: &u32,
) -> Result<u32, E> {
    Ok(runs.fail(9)? + x + y + a + b + c + d)
}

#[test]
fn patterns_bind_in_every_attempt() {
    assert_eq!(tuple(&Runs::new(), (1, 2)), Ok(6));
    assert_eq!(fields(&Runs::new(), Point { x: 1, y: 2 }), Ok(6));
    assert_eq!(reference(&Runs::new(), &1), Ok(4));
    assert_eq!(ignored(&Runs::new(), String::new(), 1), Ok(3));
    assert_eq!(array(&Runs::new(), [1, 2]), Ok(6));
    assert_eq!(kept_part(&Runs::new(), (0, 2)), Ok(6));
    assert_eq!(whole_and_part(&Runs::new(), (1, 2)), Ok(6));
    assert_eq!(recovered(&Runs::new(), Point { x: 1, y: 1 }, (1, [1, 1]), &1), Ok(6));
}

#[test]
fn patterns_bind_in_every_async_attempt() {
    block_on(async {
        assert_eq!(sendable(tuple_async(&Runs::new(), (1, "ab".to_owned()))).await, Ok(6));
        assert_eq!(fields_async(&Runs::new(), Point { x: 1, y: 2 }).await, Ok(4));
        assert_eq!(tuple_struct(&Runs::new(), Pair(1, "ab".to_owned())).await, Ok(6));
        assert_eq!(reference_to_a_tuple(&Runs::new(), &(1, "ab".to_owned())).await, Ok(6));
        assert_eq!(ignored_async(&Runs::new(), String::new(), 1).await, Ok(3));
        assert_eq!(nested(&Runs::new(), (1, Point { x: 1, y: 1 }, [1; 3])).await, Ok(7));
        assert_eq!(cloned_part(&Runs::new(), (1, "a".to_owned())).await, Ok("a1".to_owned()));
        let out = cloned_mutable_part(&Runs::new(), (1, "a".to_owned())).await;
        assert_eq!(out, Ok("a!1".to_owned()));
    });
}
