//! The attempts: a service that the server calls once for each scheduled attempt.
//!
//! An attempt writes nothing to the journal of its invocation: when the server runs it again after a crash, it begins anew. Its
//! claim has a number that is new each time, and finds that of its predecessor, which is therefore lost. The policy of the function
//! then decides, as after any lost attempt. When the end is stored already, the claim is refused.

use std::sync::Arc;
use std::time::Duration;

use restate_sdk::prelude::*;
use restate_sdk::serde::Json;
use retry_runtime::CallId;
use retry_runtime::resume::limit;
use retry_tasks::machine::{Ask, Claim, Reply};
use retry_tasks::store::{Attempt, End, News, Stop};
use retry_tasks::{AttemptEnd, Record, StoreError, TaskId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use crate::engine::Engine;
use crate::protocol::Ticket;
use crate::slots::Place;

/// The time between two questions whether a silent attempt may go on. A cancellation by another process stops it within this
/// time.
const CHECK: Duration = Duration::from_secs(1);

/// The shortest time between two reports of progress.
const REPORT: Duration = Duration::from_millis(200);

pub(crate) struct AttemptService {
    pub(crate) engine: Arc<Engine>,
}

#[restate_sdk::service(name = "RetryTaskAttempt")]
impl AttemptService {
    /// Makes the attempt, and tells its end to the task.
    #[handler]
    async fn run(&self, _ctx: Context<'_>, Json(ticket): Json<Ticket>) -> HandlerResult<()> {
        make(&self.engine, &ticket).await
    }
}

/// The worker has ended as in a crash: the step runs again, here or elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("the worker of the attempt was abandoned")]
struct Abandoned;

/// Claims the task, makes the attempt, and tells its end to the task.
async fn make(engine: &Arc<Engine>, ticket: &Ticket) -> Result<(), HandlerError> {
    let place = engine.slots.acquire(ticket).await;
    let (site, settings) = (place.function.site, place.host.settings());
    let nonce = CallId::unique().as_u128() as u64;
    let claim = Claim::new(&*settings.name, settings.lease).limit(limit(site)).nonce(nonce);
    let answer = engine.ask(ticket.id, Ask::Claim(claim), Some(ticket.fence)).await?;
    let Some(answer) = answer else { return Ok(()) };
    match answer.reply {
        Reply::Claimed => {}
        Reply::Lost { task } => {
            let next = task.after_loss(site, engine.now());
            engine.ask(ticket.id, Ask::Lose { fence: task.fence, next }, None).await?;
            return Ok(());
        }
        _ => return Ok(()),
    }
    let Some((end, place)) = drive(engine, place, *answer.record).await? else { return Ok(()) };
    tell(engine, ticket.id, end, &place.host.ending()).await?;
    // The slot is free when the end is stored, so that a worker that shuts down waits for that.
    drop(place);
    Ok(())
}

/// Tells the end of an attempt to its task. While no server answers, a worker that is not ending tries again.
async fn tell(
    engine: &Engine,
    id: TaskId,
    end: Ask,
    ending: &watch::Receiver<End>,
) -> Result<(), StoreError> {
    loop {
        match engine.ask(id, end.clone(), None).await {
            Err(StoreError::Unreachable { .. } | StoreError::Unknown { .. })
                if *ending.borrow() == End::NotYet =>
            {
                tokio::time::sleep(CHECK).await;
            }
            told => return told.map(drop),
        }
    }
}

/// Runs a claimed attempt until its end, or until it has to stop. `None`: its end must not be told.
async fn drive(
    engine: &Arc<Engine>,
    place: Place,
    record: Record,
) -> Result<Option<(Ask, Place)>, HandlerError> {
    let (id, fence) = (record.id, record.fence);
    let claimed = record.claimed(engine.now());
    let standing = claimed.standing;
    let cancelled = engine.bulletin.cancelled();
    let ending = place.host.ending();
    let site = place.function.site;
    let Attempt { mut end, news, stop, .. } = place.host.begin(claimed);
    let mut held = Held { place: Some(place), stop };
    let end = tokio::select! {
        biased;
        why = over(ending) => match why {
            Over::Abandoned => return Err(Abandoned.into()),
            Over::Returned if held.stop.is_busy() => {
                held.place.iter().for_each(Place::detach);
                end.await
            }
            Over::Returned => AttemptEnd::stopped(site, &standing),
        },
        () = cancellation(cancelled, id) => return Ok(None),
        end = &mut end => end,
        () = loss(engine, id, fence, &news) => return Ok(None),
    };
    let end = Ask::End { fence, end, progress: news.last() };
    Ok(held.place.take().map(|place| (end, place)))
}

/// The slot of a running attempt. When the attempt is left, or dropped with the server's connection, it is asked to stop, and the
/// slot is free when its thread has returned.
struct Held {
    place: Option<Place>,
    stop: Stop,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.stop.now();
        let Some(place) = self.place.take().filter(|_| self.stop.is_busy()) else { return };
        let stop = self.stop.clone();
        tokio::spawn(async move {
            stop.idle().await;
            drop(place);
        });
    }
}

/// The way in which a worker has ended.
enum Over {
    /// Nothing may be stored.
    Abandoned,
    /// The attempts had their time; the tasks are returned.
    Returned,
}

/// Completes when the worker has ended and its attempts must stop.
async fn over(mut ending: watch::Receiver<End>) -> Over {
    let end = ending.wait_for(|end| *end != End::NotYet).await.map(|end| *end);
    match end {
        Ok(End::Within(within)) => {
            tokio::time::sleep(within).await;
            Over::Returned
        }
        // The handle of the worker was dropped.
        Err(_) => Over::Returned,
        Ok(_) => Over::Abandoned,
    }
}

/// Completes when this process has cancelled the task.
async fn cancellation(mut cancelled: broadcast::Receiver<TaskId>, id: TaskId) {
    loop {
        match cancelled.recv().await {
            Ok(other) if other != id => {}
            // The check finds a missed one.
            Err(RecvError::Lagged(_)) => {}
            Ok(_) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Passes the progress on, and completes when the attempt may no longer change the task.
async fn loss(engine: &Engine, id: TaskId, fence: u64, news: &News) {
    loop {
        let progress = tokio::select! {
            progress = news.next() => Some(progress),
            () = tokio::time::sleep(CHECK) => None,
        };
        let may_go_on = match progress {
            Some(progress) => {
                let renew = Ask::Renew { fence, progress: Some(progress) };
                let answer = engine.ask(id, renew, None).await;
                tokio::time::sleep(REPORT).await;
                answer.map(|answer| answer.is_some_and(|it| matches!(it.reply, Reply::Held(_))))
            }
            None => engine.task(id, "may_go_on", &fence).await.map_err(Into::into),
        };
        // A server that does not answer will be asked again.
        if matches!(may_go_on, Ok(false)) {
            return;
        }
    }
}
