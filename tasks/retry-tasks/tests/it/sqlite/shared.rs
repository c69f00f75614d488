//! Several stores on one file.

use retry_tasks::{Tasks, WorkerBuilder};

use super::{open, task};
use crate::folder::Folder;

const KEYS: usize = 300;

async fn submit(tasks: &Tasks) -> usize {
    let mut new = 0;
    for number in 0..KEYS {
        let submitted = tasks.submit_unique(format!("key {number}"), task("a")).await;
        new += usize::from(!submitted.expect("stored").existing);
    }
    new
}

#[tokio::test]
async fn of_two_that_submit_the_same_keys_one_gets_a_task_for_each_key() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let (one, two) = (open(&path).expect("a new file"), open(&path).expect("the same file"));
    let (of_one, of_two) = tokio::join!(submit(&one), submit(&two));
    assert_eq!(of_one + of_two, KEYS);
    assert_eq!(one.counts().await.expect("counted").total(), KEYS as u64);
}

#[tokio::test]
async fn two_that_work_on_the_same_tasks_run_each_of_them_once() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let (one, two) = (open(&path).expect("a new file"), open(&path).expect("the same file"));
    let mut ids = Vec::new();
    for _ in 0..KEYS {
        ids.push(one.submit(task("a")).await.expect("stored"));
    }
    let worker = |tasks: &Tasks| -> WorkerBuilder { tasks.worker().only("sqlite::echo") };
    let _workers = [worker(&one), worker(&two)].map(|worker| worker.start().expect("started"));
    for id in ids {
        assert_eq!(two.wait(id).await, Ok("a".to_owned()));
        let info = two.info(id, retry_tasks::Format::Full).await.expect("there");
        assert_eq!(info.attempts().len(), 1, "{info:?}");
    }
}
