//! Lifetimes: elided, named, `'static`, in the output.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn elided(text: &str) -> Result<&str, E> {
    static RUNS: Runs = Runs::new();
    RUNS.fail(2)?;
    Ok(&text[1..])
}

static ELIDED: Runs = Runs::new();

#[retryable(base = "0s")]
async fn elided_async(text: &str) -> Result<&str, E> {
    ELIDED.fail_later(2).await?;
    Ok(&text[1..])
}

#[retryable(base = "0s")]
fn named<'a>(runs: &Runs, text: &'a str, _other: &str) -> Result<&'a str, E> {
    runs.fail(2)?;
    Ok(&text[1..])
}

#[retryable(base = "0s")]
async fn named_async<'a, 'b: 'a>(runs: &Runs, text: &'a str, other: &'b str) -> Result<&'a str, E> {
    runs.fail_later(2).await?;
    Ok(if text.is_empty() { other } else { text })
}

#[retryable(base = "0s")]
fn for_ever(runs: &'static Runs) -> Result<&'static str, E> {
    runs.fail(2)?;
    Ok("for ever")
}

#[retryable(base = "0s")]
async fn cow<'a>(runs: &Runs, text: &'a str) -> Result<Cow<'a, str>, E> {
    runs.fail_later(2).await?;
    Ok(text.into())
}

#[retryable(base = "0s")]
fn cow_elided(text: &str) -> Result<Cow<'_, str>, E> {
    static RUNS: Runs = Runs::new();
    RUNS.fail(2)?;
    Ok(Cow::Borrowed(text))
}

#[retryable(base = "0s")]
#[allow(clippy::needless_lifetimes)]
fn not_borrowed<'a>(runs: &Runs, buffer: &'a mut Vec<u8>) -> Result<usize, E> {
    buffer.push(1);
    runs.fail(2)?;
    Ok(buffer.len())
}

/// A `&mut` argument has the same lifetime as the output, but the output borrows from another argument.
#[retryable(base = "0s")]
fn shared_lifetime<'a>(buffer: &'a mut Vec<u32>, runs: &'a Runs) -> Result<&'a Runs, E> {
    buffer.push(1);
    runs.fail(2)?;
    Ok(runs)
}

#[retryable(base = "0s")]
async fn shared_lifetime_async<'a>(
    buffer: &'a mut Vec<u32>,
    runs: &'a Runs,
) -> Result<&'a Runs, E> {
    buffer.push(1);
    runs.fail_later(2).await?;
    Ok(runs)
}

#[retryable(base = "0s")]
async fn from_a_map<'m>(
    runs: &Runs,
    map: &'m HashMap<String, Vec<u32>>,
    key: &str,
) -> Result<Option<&'m [u32]>, E> {
    runs.fail_later(2).await?;
    Ok(map.get(key).map(Vec::as_slice))
}

#[retryable(base = "0s")]
fn iterates<'a>(runs: &Runs, values: &'a [u32]) -> Result<std::slice::Iter<'a, u32>, E> {
    runs.fail(2)?;
    Ok(values.iter())
}

struct Desk {
    name: String,
    runs: Runs,
    log: Mutex<Vec<u32>>,
}

impl Desk {
    fn new() -> Self {
        Desk { name: "desk".to_owned(), runs: Runs::new(), log: Mutex::default() }
    }

    #[retryable(base = "0s")]
    fn name(&self) -> Result<&str, E> {
        self.runs.fail(2)?;
        Ok(&self.name)
    }

    #[retryable(base = "0s")]
    async fn name_async(&self) -> Result<&str, E> {
        self.runs.fail_later(2).await?;
        Ok(&self.name)
    }

    #[retryable(base = "0s")]
    async fn name_beside_a_buffer(&self, buffer: &mut Vec<u32>) -> Result<&str, E> {
        buffer.push(1);
        self.runs.fail_later(2).await?;
        Ok(&self.name)
    }

    #[retryable(base = "0s")]
    fn argument<'a>(&mut self, text: &'a str) -> Result<&'a str, E> {
        self.name.push('!');
        self.runs.fail(2)?;
        Ok(text)
    }

    #[retryable(base = "0s")]
    async fn argument_async<'a>(&mut self, text: &'a str) -> Result<&'a str, E> {
        self.name.push('!');
        self.runs.fail_later(2).await?;
        Ok(text)
    }

    #[retryable(base = "0s")]
    fn guard(&self) -> Result<MutexGuard<'_, Vec<u32>>, E> {
        let mut guard = self.log.lock().expect("not poisoned");
        guard.push(1);
        self.runs.fail(2)?;
        Ok(guard)
    }

    #[retryable(base = "0s")]
    fn lines(&self) -> Result<impl Iterator<Item = char> + '_, E> {
        self.runs.fail(2)?;
        Ok(self.name.chars())
    }
}

#[test]
fn borrowed_outputs_are_retried() {
    static FOR_EVER: Runs = Runs::new();
    assert_eq!(elided("abc"), Ok("bc"));
    assert_eq!(named(&Runs::new(), "abc", ""), Ok("bc"));
    assert_eq!(for_ever(&FOR_EVER), Ok("for ever"));
    assert_eq!(cow_elided("abc"), Ok(Cow::Borrowed("abc")));
    assert_eq!(not_borrowed(&Runs::new(), &mut Vec::new()), Ok(3));
    let (mut buffer, runs) = (Vec::new(), Runs::new());
    assert_eq!(shared_lifetime(&mut buffer, &runs).map(Runs::count), Ok(3));
    assert_eq!(iterates(&Runs::new(), &[1, 2]).map(Iterator::count), Ok(2));
    assert_eq!(Desk::new().name(), Ok("desk"));
    assert_eq!(Desk::new().argument("text"), Ok("text"));
    assert_eq!(Desk::new().guard().map(|log| log.len()), Ok(3));
    assert_eq!(Desk::new().lines().map(Iterator::count), Ok(4));
}

#[test]
fn borrowed_async_outputs_are_retried() {
    block_on(async {
        assert_eq!(sendable(elided_async("abc")).await, Ok("bc"));
        assert_eq!(sendable(named_async(&Runs::new(), "abc", "")).await, Ok("abc"));
        assert_eq!(cow(&Runs::new(), "abc").await, Ok(Cow::Borrowed("abc")));
        let (mut buffer, runs) = (Vec::new(), Runs::new());
        assert_eq!(shared_lifetime_async(&mut buffer, &runs).await.map(Runs::count), Ok(3));
        let map = HashMap::from([("k".to_owned(), vec![1])]);
        assert_eq!(from_a_map(&Runs::new(), &map, "k").await, Ok(Some(&[1][..])));
        assert_eq!(sendable(Desk::new().name_async()).await, Ok("desk"));
        let mut buffer = Vec::new();
        assert_eq!(Desk::new().name_beside_a_buffer(&mut buffer).await, Ok("desk"));
        assert_eq!(buffer.len(), 3);
        assert_eq!(Desk::new().argument_async("text").await, Ok("text"));
    });
}
