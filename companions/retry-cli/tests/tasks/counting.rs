//! Tests of `retry tasks counts` and `retry tasks analytics`.

use serde_json::json;

use crate::lab::{Lab, lines};

#[tokio::test]
async fn tasks_are_counted_by_state() {
    let lab = Lab::new();
    lab.parcel(1).await;
    let cancelled = lab.parcel(2).await;
    lab.tasks.cancel(cancelled).await.expect("it is pending");
    let expected = [
        "state tasks",
        "pending 1",
        "running 0",
        "waiting 0",
        "complete 0",
        "failed 0",
        "cancelled 1",
        "all 2",
    ];
    let printed = lines(&lab.prints(&["counts"]));
    assert_eq!(printed[..8], expected);
    assert_eq!(printed[9], "of those pending or waiting tasks oldest due");
    assert!(printed[10].starts_with("due 1 ") && printed[10].ends_with(" ago"), "{printed:?}");
    assert_eq!(printed[11..], ["held back by the budget 0", "scheduled for later 0"]);
    let by_function = lines(&lab.prints(&["counts", "--by-function"]));
    assert!(by_function[1].starts_with("parcel::send 1 0 0 0 0 0 1 "), "{by_function:?}");
    let counts = lab.json(&["counts"]);
    assert_eq!((&counts["pending"], &counts["cancelled"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn analytics_print_how_many_attempts_tasks_took() {
    let lab = Lab::new();
    assert_eq!(lab.prints(&["analytics"]), "no attempts\n");
    let (letter, small, large) =
        (lab.letter("anna").await, lab.parcel(1).await, lab.parcel(10).await);
    let _worker = lab.worker();
    for id in [letter, small, large] {
        lab.until_ended(id).await;
    }
    let all = lines(&lab.prints(&["analytics"]));
    assert_eq!(all[..2], ["attempt succeeded failed lost tasks done so far", "1 1 2 0 33.3 %"]);
    assert!(all[5].starts_with("3 tasks have ended; on average they waited "), "{all:?}");
    let parcels = lines(&lab.prints(&["analytics", "parcel::send"]));
    assert_eq!((parcels.len(), parcels[1].as_str()), (4, "1 1 1 0 50.0 %"));
    assert_eq!(lab.json(&["analytics", "parcel::send"])["ended"], 2);
    let error = lab.fails(2, &["analytics", "parcel::*"]);
    assert!(error.contains("write a full name"), "{error}");
}
