//! How long all of it would take.

use std::time::Duration;

use retry_runtime::testing;

use crate::service::{ShopError, order, parcel, price, stock};

/// The pauses of the other tests, and what their attempts wait for: once more in one scope, to be counted.
#[tokio::test]
async fn the_delays_of_these_tests_add_up_to_more_than_ten_minutes() {
    let t = testing::scope();
    t.budget_off();
    t.fail("stock").with(|| ShopError::Refused);
    t.fail("price").with(|| ShopError::Refused);
    t.fail("parcel").with(|| ShopError::Refused);
    t.fail("order").first(3).with(|| ShopError::Refused);
    // The six that survive or give up, and the long outage.
    for _ in 0..8 {
        assert!(stock("tea").is_err());
    }
    for _ in 0..5 {
        assert!(price("tea").await.is_err());
    }
    assert!(parcel("tea").await.is_err() && order("tea").await.is_err());
    let names = ["stock", "price", "parcel", "order"];
    let slept: Duration = names.iter().flat_map(|name| t.delays(name)).sum();
    assert!(slept > Duration::from_secs(600), "{slept:?}");
    assert!(t.elapsed() >= slept);
}
