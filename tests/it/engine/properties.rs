use std::time::{Duration, SystemTime};

use retry_runtime::{Backoff, Jitter, Kind, Kinds, Policy, retry_after};

use super::{ms, secs};
use crate::random::Random;

const TRIALS: u32 = 3_000;

const LISTS: [&[Duration]; 4] =
    [&[], &[secs(1)], &[ms(5), Duration::MAX, ms(1)], &[Duration::ZERO]];

/// Any policy, including invalid ones.
fn any_policy(random: &mut Random) -> Policy {
    let mut policy = Policy::new();
    if random.below(2) == 0 {
        policy = policy.max(random.any() as u32);
    }
    if random.below(2) == 0 {
        let list = random.pick(&LISTS);
        let grown = [Backoff::Exponential, Backoff::Fixed, Backoff::Linear, Backoff::Fibonacci];
        policy = policy.backoff(match random.below(5) {
            4 => Backoff::List(list),
            i => grown[i as usize],
        });
    }
    let r = random.float();
    policy = policy.jitter(random.pick(&[
        Jitter::Full,
        Jitter::Equal,
        Jitter::Decorrelated,
        Jitter::Proportional(r),
        Jitter::Additive(r),
        Jitter::First(r),
        Jitter::None,
    ]));
    if random.below(2) == 0 {
        policy = policy.base(random.duration());
    }
    if random.below(2) == 0 {
        policy = policy.factor(random.float());
    }
    if random.below(4) != 0 {
        policy = policy.cap(random.duration());
    }
    if random.below(4) == 0 {
        policy = policy.deadline(random.duration());
    }
    if random.below(4) == 0 {
        policy = policy.timeout(random.duration());
    }
    if random.below(8) == 0 {
        policy = policy.no_retry_after(random.duration());
    }
    if random.below(8) == 0 {
        policy = policy.reset_after(random.duration());
    }
    if random.below(2) == 0 {
        policy = policy.idempotent(random.below(2) == 0);
    }
    if random.below(8) == 0 {
        policy = policy.on(Kinds::NONE.with(random.pick(&Kind::ALL)));
    }
    policy.hint_cap(random.duration())
}

/// A random policy and its cap.
fn capped(random: &mut Random) -> (Policy, Duration) {
    let cap = random.duration();
    (any_policy(random).cap(cap), cap)
}

#[test]
fn no_delay_of_any_policy_is_longer_than_its_cap() {
    let mut random = Random::seeded(1);
    for _ in 0..TRIALS {
        let (policy, cap) = capped(&mut random);
        for delay in policy.delays(random.any()).take(40) {
            assert!(delay <= cap, "{delay:?}: {policy:?}");
        }
        for range in policy.schedule().take(40) {
            assert!(
                range.shortest <= range.longest && range.longest <= cap,
                "{range:?}: {policy:?}"
            );
        }
    }
}

#[test]
fn no_delay_of_any_policy_is_outside_its_schedule() {
    let mut random = Random::seeded(2);
    for _ in 0..TRIALS {
        let policy = any_policy(&mut random);
        let drawn = policy.delays(random.any());
        for (range, delay) in policy.schedule().zip(drawn).take(40) {
            let inside = range.shortest <= delay && delay <= range.longest;
            assert!(inside, "{delay:?} in {range:?}: {policy:?}");
        }
    }
}

#[test]
fn the_schedule_and_each_run_of_it_have_a_delay_for_each_retry() {
    let mut random = Random::seeded(3);
    for _ in 0..TRIALS {
        let retries = random.below(50) as u32;
        let policy = any_policy(&mut random).max(retries);
        assert_eq!(policy.schedule().count(), retries as usize);
        assert_eq!(policy.delays(random.any()).count(), retries as usize);
        assert!(policy.schedule().map(|range| range.retry).eq(1..=retries));
    }
}

#[test]
fn validate_accepts_or_rejects_any_policy_and_never_panics() {
    let mut random = Random::seeded(4);
    let (mut valid, mut invalid) = (0, 0);
    for _ in 0..TRIALS {
        match any_policy(&mut random).validate() {
            Ok(()) => valid += 1,
            Err(error) => {
                invalid += 1;
                let text = error.to_string();
                assert!(text.contains('`') && !text.ends_with('.'), "{text}");
            }
        }
    }
    assert!(valid > 100 && invalid > 100, "{valid} valid, {invalid} invalid");
}

#[test]
fn backoffs_saturate_for_any_base_factor_and_retry() {
    let mut random = Random::seeded(5);
    let backoffs = [Backoff::Exponential, Backoff::Fixed, Backoff::Linear, Backoff::Fibonacci];
    for _ in 0..TRIALS {
        let (base, factor) = (random.duration(), random.float().abs().max(1.0));
        let (backoff, retry) = (random.pick(&backoffs), random.any() as u32);
        let (this, next) = (
            backoff.delay(base, factor, retry),
            backoff.delay(base, factor, retry.saturating_add(1)),
        );
        // A product with a float has 53 bits of precision.
        let least = base.mul_f64(0.999_999);
        assert!(this >= least, "{backoff:?} {base:?} {factor} {retry}: {this:?}");
        assert!(next >= this, "{backoff:?} {base:?} {factor} {retry}: {this:?}, {next:?}");
    }
}

#[test]
fn no_retry_after_text_makes_the_parser_panic() {
    let mut random = Random::seeded(6);
    // Pieces of valid texts, so that the generated ones are close to valid.
    const PIECES: [&str; 30] = [
        "Sun",
        "Sunday",
        ",",
        ", ",
        " ",
        "06",
        "6",
        "Nov",
        "-",
        "94",
        "1994",
        "08:49:37",
        ":",
        "GMT",
        "UTC",
        "0",
        "31",
        "29",
        "Feb",
        "9999",
        "99",
        "24:00:00",
        "23:59:60",
        "120",
        "-1",
        "+1",
        "é",
        "²",
        "\0",
        "18446744073709551616",
    ];
    let nows = [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH + secs(1_559_559_600),
        SystemTime::UNIX_EPOCH - secs(1_559_559_600),
        SystemTime::UNIX_EPOCH + secs(1 << 40),
    ];
    let mut read = 0;
    for _ in 0..20 * TRIALS {
        let pieces = random.below(10);
        let text: String = (0..pieces).map(|_| random.pick(&PIECES)).collect();
        let hint = retry_after::parse(&text, random.pick(&nows));
        let digits = !text.is_empty() && text.trim().bytes().all(|byte| byte.is_ascii_digit());
        if digits && !text.trim().is_empty() {
            assert!(hint.is_some(), "{text:?}");
        }
        read += u32::from(hint.is_some());
    }
    assert!(read > 0);
}

#[test]
fn the_three_date_formats_are_read_alike() {
    let mut random = Random::seeded(7);
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // 2000-01-01, so that two digits mean this century for the next fifty years.
    let now = SystemTime::UNIX_EPOCH + secs(946_684_800);
    for _ in 0..TRIALS {
        let (year, month) = (2000 + random.below(50), random.pick(&MONTHS));
        let (day, second) = (1 + random.below(28), random.below(86_400));
        let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        let forms = [
            format!("Mon, {day:02} {month} {year} {time} GMT"),
            format!("Monday, {day:02}-{month}-{:02} {time} GMT", year % 100),
            format!("Mon {month} {day:2} {time} {year}"),
        ];
        let hints: Vec<_> = forms.iter().map(|form| retry_after::parse(form, now)).collect();
        assert!(hints[0].is_some(), "{forms:?}");
        assert_eq!(hints, [hints[0]; 3], "{forms:?}");
    }
}
