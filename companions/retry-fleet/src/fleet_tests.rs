use super::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A fleet that has listened for long enough, with this many other processes.
fn fleet(others: u64) -> Fleet {
    let mut fleet = Fleet::new(Instance(0), secs(0));
    for instance in 1..=others {
        fleet.hear(secs(100), &word(instance, Says::Here));
    }
    fleet
}

fn word(instance: u64, says: Says) -> Word {
    Word { instance: Instance(instance), says }
}

fn open(instance: u64, number: u32, again: u32) -> Word {
    word(instance, Says::Open { breaker: "bank".into(), number, again })
}

fn closed(instance: u64, number: u32) -> Word {
    word(instance, Says::Closed { breaker: "bank".into(), number })
}

fn follows(told: &[Told]) -> bool {
    told.contains(&Told::new("bank", Order::Follow))
}

/// The number of words of an opening after which a process follows.
fn words_to_follow(others: u64) -> Option<u64> {
    let mut fleet = fleet(others);
    (1..=others).find(|instance| follows(&fleet.hear(secs(100), &open(*instance, 1, 0))))
}

#[test]
fn a_process_opens_when_half_of_the_fleet_and_at_least_two_say_open() {
    let words = [1, 2, 3, 4, 15, 16].map(words_to_follow);
    assert_eq!(words, [None, Some(2), Some(2), Some(3), Some(8), Some(9)]);
}

#[test]
fn fewer_words_lower_the_thresholds_in_proportion_and_none_restore_them() {
    let mut fleet = fleet(15);
    let lean = |told: Vec<Told>| match told.last() {
        Some(Told { order: Order::Lean(part), .. }) => *part,
        _ => panic!("{told:?}"),
    };
    assert_eq!(lean(fleet.hear(secs(100), &open(1, 1, 0))), 0.875);
    assert_eq!(lean(fleet.hear(secs(100), &open(2, 1, 0))), 0.75);
    assert_eq!(lean(fleet.hear(secs(100), &closed(1, 1))), 0.875);
    assert_eq!(lean(fleet.hear(secs(100), &closed(2, 1))), 1.0);
}

#[test]
fn the_same_process_counts_once_however_often_it_says_open() {
    let mut fleet = fleet(3);
    for again in 0..100 {
        assert!(!follows(&fleet.hear(secs(100), &open(1, 1, again))));
        assert!(!follows(&fleet.hear(secs(100), &open(1, 1, again))));
    }
}

#[test]
fn a_process_that_was_not_seen_for_a_minute_does_not_count() {
    let mut fleet = fleet(3);
    fleet.hear(secs(100), &open(1, 1, 0));
    fleet.hear(secs(150), &word(3, Says::Here));
    assert_eq!((fleet.instances(secs(160)), fleet.instances(secs(161))), (4, 2));
    assert!(!follows(&fleet.hear(secs(161), &open(2, 1, 0))), "the first has not been seen since");
}

#[test]
fn one_that_left_does_not_count() {
    let mut fleet = fleet(3);
    fleet.hear(secs(100), &open(1, 1, 0));
    fleet.hear(secs(100), &word(1, Says::Left));
    assert_eq!(fleet.instances(secs(100)), 3);
    assert!(!follows(&fleet.hear(secs(100), &open(2, 1, 0))));
}

#[test]
fn a_process_that_has_just_begun_listens_before_it_follows() {
    let mut fleet = Fleet::new(Instance(0), secs(100));
    for instance in 1..=3 {
        assert!(!follows(&fleet.hear(secs(101), &open(instance, 1, 0))));
    }
    assert_eq!(fleet.review(secs(102)), []);
    assert!(follows(&fleet.review(secs(103))), "and then it does");
}

#[test]
fn words_from_before_the_last_closing_open_nothing_and_a_later_opening_does() {
    let mut fleet = fleet(2);
    fleet.hear(secs(100), &open(1, 1, 0));
    assert!(follows(&fleet.hear(secs(100), &open(2, 1, 0))));
    fleet.stand(secs(110), "bank", Stance::Closed);
    assert!(!follows(&fleet.hear(secs(111), &open(1, 1, 1))), "it still fails there");
    assert!(!follows(&fleet.hear(secs(111), &open(2, 1, 1))));
    assert!(!follows(&fleet.review(secs(130))));
    fleet.hear(secs(131), &open(1, 2, 0));
    assert!(follows(&fleet.hear(secs(131), &open(2, 2, 0))));
}

#[test]
fn a_word_that_comes_after_the_closing_it_was_sent_before_opens_nothing() {
    let mut fleet = fleet(2);
    for instance in 1..=2 {
        fleet.stand(secs(99), "bank", Stance::Open);
        fleet.hear(secs(100), &closed(instance, 7));
        assert!(!follows(&fleet.hear(secs(100), &open(instance, 7, 0))));
        assert!(!follows(&fleet.hear(secs(100), &open(instance, 6, 5))));
    }
}

#[test]
fn failed_probes_of_another_process_put_off_those_here_only_where_half_say_open() {
    let put_off = |fleet: &mut Fleet, word: &Word| {
        fleet.hear(secs(100), word).contains(&Told::new("bank", Order::PutOff))
    };
    let mut alone = fleet(5);
    alone.hear(secs(100), &open(1, 1, 0));
    assert!(!put_off(&mut alone, &open(1, 1, 1)));
    let mut pair = fleet(1);
    pair.hear(secs(100), &open(1, 1, 0));
    assert!(!put_off(&mut pair, &open(1, 1, 1)), "the other one alone");
    pair.stand(secs(100), "bank", Stance::Open);
    assert!(put_off(&mut pair, &open(1, 1, 2)), "both");
}

#[test]
fn probes_that_succeeded_elsewhere_hasten_those_here_once() {
    let mut fleet = fleet(5);
    let hastens = |told: Vec<Told>| told.contains(&Told::new("bank", Order::Hasten));
    fleet.hear(secs(100), &open(1, 1, 0));
    assert!(hastens(fleet.hear(secs(100), &closed(1, 1))));
    assert!(!hastens(fleet.hear(secs(100), &closed(1, 1))), "repeated");
    assert!(!hastens(fleet.hear(secs(100), &closed(2, 1))), "it was never open");
}

#[test]
fn a_process_that_follows_says_nothing_and_one_that_fails_by_itself_does() {
    let mut fleet = fleet(3);
    for quiet in [Stance::Following, Stance::Probing, Stance::Closed] {
        assert_eq!(fleet.stand(secs(100), "bank", quiet).0, None);
    }
    let mut says = |stance| fleet.stand(secs(100), "bank", stance).0;
    assert_eq!(says(Stance::Open), Some(open(0, 1, 0)));
    assert_eq!(says(Stance::Probing), None);
    assert_eq!(says(Stance::Open), Some(open(0, 1, 1)));
    assert_eq!(says(Stance::Closed), Some(closed(0, 1)));
    assert_eq!(says(Stance::Open), Some(open(0, 2, 0)));
}

#[test]
fn what_a_process_says_is_repeated_while_it_holds_and_a_closing_for_a_minute() {
    let mut fleet = Fleet::new(Instance(0), secs(0));
    assert_eq!(fleet.due(secs(0)), [word(0, Says::Here)]);
    fleet.stand(secs(1), "bank", Stance::Open);
    assert_eq!(fleet.due(secs(19)), []);
    assert_eq!(fleet.due(secs(20)), [word(0, Says::Here), open(0, 1, 0)]);
    fleet.stand(secs(21), "bank", Stance::Closed);
    for now in [40, 60, 80] {
        assert_eq!(fleet.due(secs(now)), [word(0, Says::Here), closed(0, 1)]);
    }
    assert_eq!(fleet.due(secs(100)), [word(0, Says::Here)]);
}

#[test]
fn an_unknown_process_is_answered_within_two_seconds_and_a_thousand_with_one_word() {
    let mut fleet = Fleet::new(Instance(u64::MAX / 2), secs(0));
    fleet.due(secs(0));
    for instance in 1..=1000 {
        fleet.hear(secs(1), &word(instance, Says::Here));
    }
    assert_eq!(fleet.due(Duration::from_millis(2_400)), []);
    assert_eq!(fleet.due(Duration::from_millis(2_500)).len(), 1);
    assert_eq!(fleet.due(secs(3)), []);
}

#[test]
fn a_flood_of_processes_names_and_words_stays_bounded() {
    let mut fleet = Fleet::new(Instance(0), secs(0));
    for number in 1..=12_000u64 {
        let breaker = format!("b{}", number % 1_100);
        let says = Says::Open { breaker, number: 1, again: 0 };
        fleet.hear(secs(1), &word(number % 5_003 + 1, says));
    }
    let words: usize = fleet.topics.values().map(|topic| topic.words.len()).sum();
    assert!(fleet.seen.len() <= MOST_INSTANCES && fleet.topics.len() <= MOST_TOPICS);
    assert!(words <= MOST_WORDS);
    fleet.due(secs(120));
    fleet.review(secs(120));
    fleet.due(secs(140));
    assert_eq!((fleet.seen.len(), fleet.topics.len()), (0, 0), "and is forgotten");
}
