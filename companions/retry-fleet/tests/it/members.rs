//! Members of one process over the transport in memory. No test waits for the time to pass: each waits for an answer.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use retry_fleet::{Bus, Inbox, Member, Says, Seat, Transport, Word, join};
use retry_runtime::breaker::{Breaker, BreakerSettings, Mode, Share};
use retry_runtime::{Finding, doctor, retryable};

/// Waits until this is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::yield_now();
    }
}

pub(crate) fn breaker(share: Share) -> Arc<Breaker> {
    let settings = BreakerSettings::new().consecutive(3).share(share);
    Arc::new(Breaker::try_new("bank", settings).unwrap())
}

pub(crate) fn fail(breaker: &Breaker) {
    (0..3).for_each(|_| breaker.permit().unwrap().failure());
    assert_eq!(breaker.mode(), Mode::Open);
}

/// A seat that passes on what is said, and does harm if it is told to.
struct Witness {
    seat: Seat,
    said: Mutex<Sender<Word>>,
    panics: bool,
}

impl Transport for Witness {
    fn listen(&self, inbox: Inbox) {
        self.seat.listen(inbox);
    }

    fn publish(&self, word: &Word) -> io::Result<()> {
        let _ = self.said.lock().unwrap().send(word.clone());
        self.seat.publish(word)
    }

    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool> {
        if self.panics {
            resume_unwind(Box::new("on purpose"));
        }
        self.seat.probe(breaker, hold)
    }

    fn release(&self, breaker: &str) {
        self.seat.release(breaker);
    }
}

#[test]
fn a_breaker_says_that_it_opened_and_a_member_that_it_left() {
    let share = Share::new("says");
    let (said, words) = channel();
    let witness = Witness { seat: Bus::new().seat(), said: Mutex::new(said), panics: false };
    let member = join(share, witness).unwrap();
    // A member that leaves at once says no more than that.
    let next = || words.recv_timeout(Duration::from_secs(30)).expect("the member speaks").says;
    assert_eq!(next(), Says::Here);
    let bank = breaker(share);
    fail(&bank);
    assert_eq!(next(), Says::Open { breaker: "bank".to_owned(), number: 1, again: 0 });
    drop(member);
    let says: Vec<Says> = words.iter().map(|word| word.says).collect();
    assert_eq!(says, [Says::Left]);
}

#[test]
fn a_share_is_connected_once_at_a_time() {
    let (share, bus) = (Share::new("once"), Bus::new());
    let member = join(share, bus.seat()).unwrap();
    let error = join(share, bus.seat()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    drop(member);
    drop(join(share, bus.seat()).unwrap());
}

#[test]
fn the_doctor_misses_a_share_as_long_as_nobody_has_joined() {
    #[retryable(max = 0, on = any, breaker(share = "doctor"), name = "fleet::doctor")]
    fn ask() -> io::Result<u32> {
        Ok(7)
    }
    let is_missed = || {
        let missing = Finding::NotConnected { share: "doctor" };
        doctor().iter().any(|it| it.name == "fleet::doctor" && it.finding == missing)
    };
    assert_eq!(ask().unwrap(), 7);
    assert!(is_missed());
    let member = join(Share::new("doctor"), Bus::new().seat()).unwrap();
    assert!(!is_missed());
    drop(member);
    assert!(is_missed());
}

#[test]
fn two_members_know_of_each_other_and_one_that_leaves_is_forgotten() {
    let bus = Bus::new();
    let one = join(Share::new("know one"), bus.seat()).unwrap();
    let other = join(Share::new("know other"), bus.seat()).unwrap();
    until("both know two", || one.figures().instances == 2 && other.figures().instances == 2);
    drop(other);
    until("one is alone", || one.figures().instances == 1);
}

#[test]
fn one_of_two_half_open_breakers_probes_at_a_time() {
    let bus = Bus::new();
    let shares = [Share::new("probe one"), Share::new("probe other")];
    let members = shares.map(|share| join(share, bus.seat()).unwrap());
    let breakers = shares.map(breaker);
    for (member, breaker) in members.iter().zip(&breakers) {
        member.add(Arc::clone(breaker));
        until("connected", || member.figures().is_connected);
        breaker.probe();
    }
    one_probes_at_a_time(&members, &breakers);
}

/// Lets the breakers of two members, which have just become half-open, probe in turn.
pub(crate) fn one_probes_at_a_time(members: &[Member; 2], [one, other]: &[Arc<Breaker>; 2]) {
    assert!(one.permit().is_err(), "it asks first");
    until("the turn of one", || members[0].figures().turns == 1);
    let mut permit = None;
    until("its probe", || {
        permit = one.permit().ok();
        permit.is_some()
    });
    assert!(other.permit().is_err() && other.permit().is_err());
    permit.unwrap().success();
    (0..2).for_each(|_| one.permit().unwrap().success());
    assert_eq!(one.mode(), Mode::Closed);
    until("the turn of the other", || other.permit().is_ok());
}

#[test]
fn a_bus_that_is_cut_leaves_each_breaker_to_itself() {
    let (bus, share) = (Bus::new(), Share::new("cut"));
    bus.cut(true);
    let member = join(share, bus.seat()).unwrap();
    let bank = breaker(share);
    member.add(Arc::clone(&bank));
    fail(&bank);
    bank.probe();
    (0..3).for_each(|_| bank.permit().unwrap().success());
    assert_eq!(bank.mode(), Mode::Closed);
    bus.cut(false);
    until("connected again", || member.figures().is_connected);
}

#[test]
fn a_transport_that_panics_leaves_the_breaker_to_itself() {
    let share = Share::new("panics");
    let (said, _words) = channel();
    let witness = Witness { seat: Bus::new().seat(), said: Mutex::new(said), panics: true };
    let member = join(share, witness).unwrap();
    let bank = breaker(share);
    member.add(Arc::clone(&bank));
    until("connected", || member.figures().is_connected);
    bank.probe();
    until("its probe", || bank.permit().is_ok());
}

/// Blocks for ever in every method but the first word.
struct Blocked(Mutex<bool>);

impl Transport for Blocked {
    fn listen(&self, _: Inbox) {}

    fn publish(&self, _: &Word) -> io::Result<()> {
        let mut blocks = self.0.lock().unwrap();
        while std::mem::replace(&mut *blocks, true) {
            std::thread::park();
        }
        Ok(())
    }

    fn probe(&self, _: &str, _: Duration) -> io::Result<bool> {
        loop {
            std::thread::park();
        }
    }

    fn release(&self, _: &str) {}
}

#[test]
fn no_call_waits_for_a_transport_that_blocks_and_probes_wait_for_a_second() {
    let share = Share::new("blocks");
    let member = join(share, Blocked(Mutex::new(false))).unwrap();
    let bank = breaker(share);
    member.add(Arc::clone(&bank));
    until("connected", || member.figures().is_connected);
    bank.probe();
    let start = Instant::now();
    assert!(bank.permit().is_err());
    assert!(start.elapsed() < Duration::from_millis(900), "the call did not wait");
    until("its probe", || bank.permit().is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));
}
