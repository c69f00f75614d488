//! Annotated futures that are spawned, raced, joined or confined to one thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use futures::future::{join_all, select};
use retry_runtime::retryable;

use super::support::{E, Runs, block_on};

#[retryable(base = "0s")]
async fn shared(runs: Arc<Runs>, name: String) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(name.len())
}

#[retryable(base = "0s", on = any)]
async fn with_errors_that_stay(runs: Arc<Runs>) -> Result<u32, Box<dyn std::error::Error>> {
    let failed = runs.fail_later(2).await;
    Ok(failed?)
}

#[retryable(base = "0s")]
async fn spawns(runs: &Arc<Runs>) -> Result<u32, E> {
    let tasks = (0..2).map(|n| tokio::spawn(async move { n }));
    let sum: u32 = join_all(tasks).await.into_iter().map(|n| n.expect("no panic")).sum();
    Ok(runs.fail_later(2).await? + sum)
}

#[retryable(base = "0s")]
async fn held_on_one_thread(runs: Rc<Runs>) -> Result<u32, E> {
    let held = Rc::new(RefCell::new(1));
    *held.borrow_mut() += 1;
    let run = runs.fail_later(2).await?;
    let sum = run + *held.borrow();
    Ok(sum)
}

#[retryable(base = "0s")]
async fn counts_in_a_cell(count: &Cell<u32>) -> Result<u32, E> {
    count.set(count.get() + 1);
    tokio::task::yield_now().await;
    if count.get() < 3 { Err(E::Busy) } else { Ok(count.get()) }
}

#[retryable(base = "0s")]
async fn raced(runs: &Runs) -> Result<u32, E> {
    tokio::select! {
        biased;
        run = runs.fail_later(2) => run,
        _ = tokio::time::sleep(std::time::Duration::from_secs(60)) => Err(E::Bad),
    }
}

struct Actor {
    runs: Runs,
    receiver: tokio::sync::mpsc::Receiver<u32>,
}

impl Actor {
    #[retryable(base = "0s")]
    async fn receive(&mut self) -> Result<u32, E> {
        let message = self.receiver.recv().await.ok_or(E::Bad)?;
        self.runs.fail_later(2).await?;
        Ok(message)
    }
}

#[test]
fn annotated_futures_are_spawned_and_joined() {
    block_on(async {
        let runs = Arc::new(Runs::new());
        let task = tokio::spawn(shared(Arc::clone(&runs), "ab".to_owned()));
        assert_eq!(task.await.expect("no panic"), Ok(2));
        assert_eq!(runs.count(), 3);
        let task = tokio::spawn(async { with_errors_that_stay(Arc::default()).await.is_ok() });
        assert!(task.await.expect("no panic"));
        assert_eq!(spawns(&Arc::default()).await, Ok(4));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..2 {
            tasks.spawn(shared(Arc::default(), "abc".to_owned()));
        }
        assert!(tasks.join_all().await.iter().all(|out| *out == Ok(3)));
        let both = join_all([raced(&Runs::new()), raced(&Runs::new())]).await;
        assert_eq!(both, [Ok(3), Ok(3)]);
        let runs = Runs::new();
        let (pinned, never) = (Box::pin(raced(&runs)), std::future::pending::<()>());
        assert!(matches!(select(pinned, never).await, futures::future::Either::Left((Ok(3), _))));
    });
}

#[test]
fn futures_confined_to_one_thread_are_retried() {
    block_on(async {
        let local = tokio::task::LocalSet::new();
        let task = local.spawn_local(held_on_one_thread(Rc::default()));
        local.await;
        assert_eq!(task.await.expect("no panic"), Ok(5));
        assert_eq!(counts_in_a_cell(&Cell::new(0)).await, Ok(3));
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        for n in 1..=4 {
            sender.send(n).await.expect("a receiver");
        }
        assert_eq!(Actor { runs: Runs::new(), receiver }.receive().await, Ok(3));
    });
}
