use retry_runtime::{Attempt, Classify, Interruption, RetryError, StopReason, observe, retryable};
use std::cell::Cell;
use std::time::Duration;

#[derive(Debug, thiserror::Error, Classify)]
enum E {
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error("bad")]
    #[classify(permanent)]
    Bad,
    #[error(transparent)]
    #[classify(inherit)]
    Cut(#[from] Interruption),
}
#[retryable(max = 3, base = "1s", factor = 2.0, on = Transient)]
async fn a(n: &Cell<u32>) -> Result<u32, E> {
    n.set(n.get() + 1);
    if n.get() < 3 {
        Err(E::Busy)?
    }
    Ok(n.get())
}
#[retryable(max = 1, base = "1ms", jitter = none, deadline = "5s", idempotent, timeout = "1s")]
async fn b() -> Result<u32, E> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(1)
}
#[retryable(max = 1, base = "0ms", report)]
fn c() -> Result<Box<dyn std::fmt::Debug>, RetryError<E>> {
    if std::env::args().count() == 999 {
        return Ok(Box::new(1));
    }
    Err(E::Busy)
}
struct S {
    v: Vec<u32>,
}
impl S {
    #[retryable(max = 2, base = "1ms")]
    async fn m(&mut self, s: String) -> Result<usize, E> {
        self.v.push(s.len() as u32);
        if self.v.len() < 3 {
            return Err(E::Busy);
        }
        Ok(self.v.len())
    }
    #[retryable(max = 2, base = "1ms", recover = Self::back)]
    async fn r(&self, s: String) -> Result<usize, E> {
        let _ = &s;
        Err(E::Bad)
    }
    async fn back(&self, e: RetryError<E>, s: String) -> Result<usize, E> {
        assert_eq!(e.reason(), StopReason::Permanent);
        Ok(s.len())
    }
    #[retryable(max = 2, base = "1ms", recover = Self::back2)]
    async fn r2(&self, s: String) -> Result<usize, E> {
        let _ = &s;
        Err(E::Bad)
    }
    async fn back2(&self, e: E, s: String) -> Result<usize, E> {
        assert!(matches!(e, E::Bad));
        Ok(s.len())
    }
}
#[tokio::test(start_paused = true)]
async fn works() {
    let n = Cell::new(0);
    let (r, rep) = observe(a(&n)).await;
    assert_eq!(r.unwrap(), 3);
    println!("{rep:#?} {rep}");
    let (r, rep) = observe(b()).await;
    println!("{r:?} {rep:#?} {rep}");
    println!("{}", c().unwrap_err());
    let mut s = S { v: vec![] };
    assert_eq!(s.m("abc".into()).await.unwrap(), 3);
    assert_eq!(s.r("abc".into()).await.unwrap(), 3);
    assert_eq!(s.r2("abc".into()).await.unwrap(), 3);
}
