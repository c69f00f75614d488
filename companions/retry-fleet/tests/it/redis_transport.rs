//! The transport over a Redis server. No test waits for the time to pass: each waits for an answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Connection, cmd};
use retry_fleet::{Member, Redis, Transport, Word, join};
use retry_runtime::breaker::{Mode, Share};

use super::both::Both;
use super::members::{breaker, fail, one_probes_at_a_time, until};
use super::redis_server::server;

/// A member whose transport is connected to this server, on the channel `test`.
fn joined(share: &'static str, url: &str) -> (Member, Both<Redis>) {
    let redis = Both::new(Redis::new(url).unwrap().channel("test"));
    let member = join(Share::new(share), redis.clone()).unwrap();
    until("connected", || member.figures().is_connected);
    (member, redis)
}

fn publish(connection: &mut Connection, channel: &str, message: &[u8]) {
    cmd("PUBLISH").arg(channel).arg(message).exec(connection).unwrap();
}

const HOLD: Duration = Duration::from_secs(60);

#[test]
fn two_members_know_of_each_other_and_one_that_leaves_is_forgotten() {
    let Some(server) = server() else { return };
    let (one, _) = joined("redis know one", &server.url());
    let (other, _) = joined("redis know other", &server.url());
    until("both know two", || one.figures().instances == 2 && other.figures().instances == 2);
    drop(other);
    until("one is alone", || one.figures().instances == 1);
}

#[test]
fn the_words_of_a_share_have_a_channel_of_their_own_with_its_escaped_name() {
    let Some(server) = server() else { return };
    let mut connection = server.connect();
    let mut all = connection.as_pubsub();
    all.psubscribe("*").unwrap();
    let share = Share::new("redis *:[ü]");
    let member = join(share, Redis::new(&server.url()).unwrap()).unwrap();
    let message = all.get_message().unwrap();
    assert_eq!(message.get_channel_name(), "retry_fleet:redis%20%2A%3A%5B%C3%BC%5D");
    let word: Word = message.get_payload::<String>().unwrap().parse().unwrap();
    assert_eq!(word.says, retry_fleet::Says::Here);
    drop(member);
}

#[test]
fn a_message_that_is_no_word_is_skipped() {
    let Some(server) = server() else { return };
    let (member, _) = joined("redis skips", &server.url());
    let mut connection = server.connect();
    for message in [&b"\xff\xfe"[..], b"", b"2 2a here", b"1 2a open", b"1 2a here"] {
        publish(&mut connection, "test", message);
    }
    until("the last message is heard", || member.figures().instances == 2);
}

#[test]
fn one_process_at_a_time_has_the_turn_and_nobody_gives_back_that_of_another() {
    let Some(server) = server() else { return };
    let (_one, one) = joined("redis turn one", &server.url());
    let (_other, other) = joined("redis turn other", &server.url());
    assert!(one.probe("bank", HOLD).unwrap());
    assert!(!other.probe("bank", HOLD).unwrap());
    other.release("bank");
    assert!(!other.probe("bank", HOLD).unwrap());
    assert!(other.probe("carrier", HOLD).unwrap(), "another breaker");
    one.release("bank");
    assert!(other.probe("bank", HOLD).unwrap());
}

#[test]
fn a_turn_ends_by_itself_and_is_longer_when_its_process_asks_again() {
    let Some(server) = server() else { return };
    let (_one, one) = joined("redis ends one", &server.url());
    let (_other, other) = joined("redis ends other", &server.url());
    let mut connection = server.connect();
    let mut left = || cmd("PTTL").arg("test:turn:bank").query::<i64>(&mut connection).unwrap();
    assert!(one.probe("bank", HOLD / 2).unwrap());
    assert!((1..=30_000).contains(&left()));
    assert!(one.probe("bank", HOLD).unwrap());
    assert!((30_001..=60_000).contains(&left()));
    assert!(one.probe("bank", Duration::MAX).unwrap(), "a day at most");
    assert!(one.probe("bank", Duration::ZERO).unwrap());
    until("the turn has ended", || other.probe("bank", HOLD).unwrap());
    one.release("bank");
    assert!(left() > 0, "the turn of another is not given back");
}

#[test]
fn one_of_two_half_open_breakers_probes_at_a_time() {
    let Some(server) = server() else { return };
    let names = ["redis probe one", "redis probe other"];
    let members = names.map(|name| joined(name, &server.url()).0);
    let breakers = names.map(|name| breaker(Share::new(name)));
    for (member, breaker) in members.iter().zip(&breakers) {
        member.add(Arc::clone(breaker));
        breaker.probe();
    }
    one_probes_at_a_time(&members, &breakers);
}

#[test]
fn a_server_that_crashes_leaves_the_breaker_to_itself_and_is_found_again() {
    let Some(mut server) = server() else { return };
    let (member, _) = joined("redis crash", &server.url());
    let bank = breaker(member.share());
    member.add(Arc::clone(&bank));
    server.crash();
    // The breaker says that it has opened, and nobody hears that.
    fail(&bank);
    until("the loss is noticed", || !member.figures().is_connected);
    bank.probe();
    (0..3).for_each(|_| bank.permit().unwrap().success());
    assert_eq!(bank.mode(), Mode::Closed);
    server.start();
    until("connected again", || member.figures().is_connected);
    publish(&mut server.connect(), "test", b"1 2a here");
    until("words are heard again", || member.figures().instances == 2);
}

#[test]
fn a_server_that_does_not_answer_leaves_the_breaker_to_itself_and_no_call_waits() {
    let Some(server) = server() else { return };
    let (member, _) = joined("redis stall", &server.url());
    let bank = breaker(member.share());
    member.add(Arc::clone(&bank));
    server.stall();
    let start = Instant::now();
    fail(&bank);
    assert!(start.elapsed() < Duration::from_millis(900), "the calls did not wait");
    until("the silence is noticed", || !member.figures().is_connected);
    bank.probe();
    assert!(bank.permit().is_ok());
    server.wake();
    until("connected again", || member.figures().is_connected);
}

#[test]
fn without_a_server_each_breaker_is_local() {
    let member = join(Share::new("redis none"), Redis::new("redis://127.0.0.1:1").unwrap());
    let member = member.unwrap();
    let bank = breaker(member.share());
    member.add(Arc::clone(&bank));
    fail(&bank);
    bank.probe();
    (0..3).for_each(|_| bank.permit().unwrap().success());
    assert_eq!(bank.mode(), Mode::Closed);
}

#[test]
fn both_connections_end_with_the_member() {
    let Some(server) = server() else { return };
    let mut connection = server.connect();
    let mut connections = || {
        let list: String = cmd("CLIENT").arg("LIST").query(&mut connection).unwrap();
        list.lines().count()
    };
    let before = connections();
    let (member, redis) = joined("redis leaves", &server.url());
    assert_eq!(connections(), before + 2);
    drop((member, redis));
    until("both have ended", || connections() == before);
}

#[test]
fn the_rights_that_the_documentation_names_are_enough() {
    let Some(server) = server() else { return };
    let mut connection = server.connect();
    let rights = ["+@pubsub", "+set", "+eval", "+get", "+pexpire", "+del"];
    let mut user = cmd("ACL");
    user.arg("SETUSER").arg("app").arg("reset").arg("on").arg(">secret").arg(&rights);
    user.arg("&test").arg("~test:turn:*").exec(&mut connection).unwrap();
    let url = server.url_for("app", "secret");
    let (one, redis) = joined("redis rights one", &url);
    let (_other, other) = joined("redis rights other", &url);
    until("words are heard", || one.figures().instances == 2);
    assert!(redis.probe("bank", HOLD).unwrap() && redis.probe("bank", HOLD).unwrap());
    assert!(!other.probe("bank", HOLD).unwrap());
    redis.release("bank");
    assert!(other.probe("bank", HOLD).unwrap());
}
