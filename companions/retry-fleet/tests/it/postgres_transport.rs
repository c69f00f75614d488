//! The transport over a PostgreSQL database; `sixteen` tests the words.

use std::time::Duration;

use retry_fleet::{Postgres, Transport, join};
use retry_runtime::breaker::Share;

use super::both::Both;
use super::members::until;
use super::server::server;

#[test]
fn each_share_has_turns_of_its_own_and_fleets_on_one_channel_have_them_together() {
    let Some(server) = server() else { return };
    let joined = |share: &'static str, channel: Option<&str>| {
        let postgres = Postgres::new(&server.url()).unwrap();
        let postgres = channel.into_iter().fold(postgres, Postgres::channel);
        let postgres = Both::new(postgres);
        let member = join(Share::new(share), postgres.clone()).unwrap();
        until("connected", || member.figures().is_connected);
        (member, postgres)
    };
    let hold = Duration::from_secs(60);
    let (_one, one) = joined("postgres one", None);
    let (_other, other) = joined("postgres other", None);
    assert!(one.probe("bank", hold).unwrap());
    assert!(other.probe("bank", hold).unwrap());
    let (_third, third) = joined("postgres third", Some("retry_fleet:postgres one"));
    assert!(!third.probe("bank", hold).unwrap());
    one.release("bank");
    until("the turn is free", || third.probe("bank", hold).unwrap());
}
