//! Both stores pass the conformance suite.

use retry_tasks::{SqliteBuilder, Tasks};
use retry_tasks_conformance::{Lab, cases};

use crate::folder::Folder;

#[tokio::test]
async fn the_memory_store_does_what_every_store_must_do() {
    for case in cases() {
        println!("{}", case.name);
        case.run(Lab::new(Tasks::memory_with)).await;
    }
}

#[tokio::test]
async fn the_sqlite_store_does_what_every_store_must_do() {
    for case in cases() {
        println!("{}", case.name);
        let folder = Folder::new();
        let open = |clock| SqliteBuilder::new(folder.file("tasks.db")).clock(clock).open();
        case.run(Lab::new(|clock| open(clock).expect("a new file"))).await;
    }
}
