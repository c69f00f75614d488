use super::*;

/// 2019-06-03 11:00:00 UTC.
const NOW: u64 = 1_559_559_600;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn check(text: &str, seconds: impl Into<Option<u64>>) {
    let expected = seconds.into().map(Duration::from_secs);
    assert_eq!(parse(text, at(NOW)), expected, "{text:?}");
}

#[test]
fn seconds_are_read_with_space_around_them() {
    check("0", 0);
    check("120", 120);
    check("0000120", 120);
    check(" 120 ", 120);
    check("\t120\r\n", 120);
}

#[test]
fn too_many_seconds_saturate() {
    check("18446744073709551615", u64::MAX);
    for text in ["18446744073709551616", "99999999999999999999999999", &"9".repeat(10_000)] {
        assert_eq!(parse(text, at(NOW)), Some(Duration::MAX), "{text}");
    }
}

#[test]
fn the_three_forms_of_a_date_name_the_same_moment() {
    check("Mon, 03 Jun 2019 11:30:12 GMT", 1812);
    check("Monday, 03-Jun-19 11:30:12 GMT", 1812);
    check("Mon Jun  3 11:30:12 2019", 1812);
}

#[test]
fn a_one_digit_day_and_utc_are_read_too() {
    check("Mon, 3 Jun 2019 12:00:00 UTC", 3600);
    check("Monday, 3-Jun-19 12:00:00 UTC", 3600);
    check("Mon Jun 3 12:00:00 2019", 3600);
    check("Mon Jun 03 12:00:00 2019", 3600);
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    let now = at(946_684_739); // 1999-12-31 23:58:59 UTC
    let minute = Some(Duration::from_secs(60));
    assert_eq!(parse("Fri, 31 Dec 1999 23:59:59 GMT", now), minute);
    assert_eq!(parse("120", now), Some(Duration::from_secs(120)));
}

#[test]
fn a_date_in_the_past_or_present_is_no_delay() {
    check("Mon, 3 Jun 2019 11:00:00 UTC", 0);
    check("Sun, 06 Nov 1994 08:49:37 GMT", 0);
    check("Sunday, 06-Nov-94 08:49:37 GMT", 0);
    check("Sun Nov  6 08:49:37 1994", 0);
    check("Mon, 01 Jan 0001 00:00:00 GMT", 0);
}

#[test]
fn a_two_digit_year_is_at_most_fifty_years_ahead() {
    let fifty_years = 18_263 * 86_400;
    check("Monday, 03-Jun-69 10:00:00 GMT", fifty_years - 3600);
    check("Monday, 03-Jun-69 11:00:00 GMT", fifty_years);
    check("Tuesday, 03-Jun-69 11:00:01 GMT", 0);
    check("Wednesday, 04-Jun-69 11:00:00 GMT", 0);
}

#[test]
fn a_two_digit_year_may_lie_in_the_next_century() {
    let now = at(4_070_908_800); // 2099-01-01 00:00:00 UTC
    let delay = parse("Friday, 01-Jan-00 00:00:00 GMT", now);
    assert_eq!(delay, Some(Duration::from_secs(365 * 86_400)));
}

#[test]
fn parts_of_a_second_count() {
    let now = at(NOW) + Duration::from_millis(250);
    let delay = parse("Mon, 03 Jun 2019 11:00:01 GMT", now);
    assert_eq!(delay, Some(Duration::from_millis(750)));
}

#[test]
fn leap_days_and_leap_seconds_are_real() {
    check("Sat, 29 Feb 2020 00:00:00 GMT", 270 * 86_400 + 13 * 3600);
    check("Mon, 03 Jun 2019 11:59:60 GMT", 3600);
    check("Tue, 29 Feb 2000 00:00:00 GMT", 0);
    check("Tuesday, 29-Feb-00 00:00:00 GMT", 0);
    check("Fri, 29 Feb 2019 00:00:00 GMT", None);
    check("Thu, 29 Feb 1900 00:00:00 GMT", None);
    check("Mon, 29 Feb 2100 00:00:00 GMT", None);
}

#[test]
fn every_century_has_its_leap_days() {
    let at_2000 = at(951_782_400 - 60); // a minute before 2000-02-29 00:00:00 UTC
    assert_eq!(parse("Tue, 29 Feb 2000 00:00:00 GMT", at_2000), Some(Duration::from_secs(60)));
    assert_eq!(parse("Tue Feb 29 00:00:00 2000", at_2000), Some(Duration::from_secs(60)));
    assert_eq!(parse("Wed, 01 Mar 2000 00:00:00 GMT", at_2000), Some(Duration::from_secs(86_460)));
}

#[test]
fn decimal_seconds_are_rounded_up() {
    check("29.997", 30);
    check("2.0", 2);
    check("2.000", 2);
    check("0.503", 1);
    check("0.000000000000000000001", 1);
    check("0.0", 0);
    check(" 1.5 ", 2);
    check("18446744073709551614.5", u64::MAX);
    assert_eq!(parse("18446744073709551615.5", at(NOW)), Some(Duration::MAX));
    for text in ["1.", ".5", ".", "1.5.0", "1.5s", "-0.5", "+1.5", "1,5 s", "1.2e3", "1.٥"] {
        assert_ne!(parse(text, at(NOW)), Some(Duration::from_secs(2)), "{text}");
    }
}

#[test]
fn of_several_values_the_longest_readable_one_counts() {
    check("7, 7", 7);
    check("5,7", 7);
    check("7,5", 7);
    check("soon, 7", 7);
    check("7, soon", 7);
    check(", 7,", 7);
    check("Mon, 03 Jun 2019 11:30:12 GMT, 7", 1812);
    check("7, Mon, 03 Jun 2019 11:30:12 GMT", 1812);
    check("Mon, 03 Jun 2019 11:00:00 GMT, Mon, 03 Jun 2019 11:00:09 GMT", 9);
    check("soon, later", None);
    check(",", None);
}

#[test]
fn a_clock_at_either_end_of_time_does_not_overflow() {
    let ends = [i64::MAX as u64, i64::MAX as u64 / 2].map(Duration::from_secs);
    let after = ends.into_iter().filter_map(|time| SystemTime::UNIX_EPOCH.checked_add(time));
    let before = ends.into_iter().filter_map(|time| SystemTime::UNIX_EPOCH.checked_sub(time));
    for clock in after.chain(before) {
        for text in [
            "Mon, 03 Jun 2019 11:30:12 GMT",
            "Monday, 03-Jun-19 11:30:12 GMT",
            "Tuesday, 31-Dec-99 23:59:60 GMT",
            "Tuesday, 29-Feb-00 00:00:00 GMT",
            "Fri Dec 31 23:59:59 9999",
        ] {
            // A leap day need not exist in the clock's century.
            let delay = parse(text, clock).unwrap_or_default();
            assert!(delay < Duration::from_secs(u64::MAX), "{text} {clock:?}");
        }
        assert_eq!(parse("7", clock), Some(Duration::from_secs(7)));
    }
}

#[test]
fn a_clock_before_1970_or_far_ahead_is_fine() {
    let early = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
    let delay = parse("Thu, 01 Jan 1970 00:00:00 GMT", early);
    assert_eq!(delay, Some(Duration::from_millis(1500)));
    let late = at(1 << 45);
    assert_eq!(parse("Fri, 31 Dec 9999 23:59:59 GMT", late), Some(Duration::ZERO));
}

#[test]
fn anything_else_is_no_hint() {
    for text in ["", " ", "-1", "+1", "1.", ".5", "1e3", "0x10", "²", "١٢", "1 2", "120s", "soon"]
    {
        check(text, None);
    }
    for text in [
        "Mon, 32 Jun 2019 11:00:00 GMT",
        "Mon, 31 Jun 2019 11:00:00 GMT",
        "Mon, 00 Jun 2019 11:00:00 GMT",
        "Sat, 30 Feb 2019 11:00:00 GMT",
        "Mon, 03 Jux 2019 11:00:00 GMT",
        "Mon, 03 June 2019 11:00:00 GMT",
        "Mon, 03 jun 2019 11:00:00 GMT",
        "Mon, 03 Jun 2019 24:00:00 GMT",
        "Mon, 03 Jun 2019 25:00:00 GMT",
        "Mon, 03 Jun 2019 11:60:00 GMT",
        "Mon, 03 Jun 2019 11:00:61 GMT",
        "Mon, 03 Jun 2019 11:00 GMT",
        "Mon, 03 Jun 2019 1:00:00 GMT",
        "Mon, 03 Jun 2019 11:00:00",
        "Mon, 03 Jun 2019 11:00:00 CET",
        "Mon, 03 Jun 2019 11:00:00 +0000",
        "Mon, 03 Jun 2019 11:00:00 GMT GMT",
        "Mon, 03 Jun 19 11:00:00 GMT",
        "Mon 03 Jun 2019 11:00:00 GMT",
        "Mo, 03 Jun 2019 11:00:00 GMT",
        "Mon, 03-Jun-19 11:00:00 GMT",
        "Monday, 03-Jun-2019 11:00:00 GMT",
        "Monday, 03-Jun 11:00:00 GMT",
        "Monday, 03-Jun-19-1 11:00:00 GMT",
        "Mon, Jun  3 11:30:12 2019",
        "2019-06-03T11:30:12Z",
    ] {
        check(text, None);
    }
}

#[test]
fn mangled_text_never_panics() {
    let originals = [
        "Mon, 03 Jun 2019 11:30:12 GMT",
        "Monday, 03-Jun-19 11:30:12 GMT",
        "Mon Jun  3 11:30:12 2019",
        "18446744073709551615",
    ];
    let intruders =
        ["", " ", "-", ":", ",", "9", "99999999999999999999", "é", "²", "\0", "\u{202e}"];
    for original in originals {
        for (start, _) in original.char_indices() {
            for end in start..=original.len() {
                for intruder in intruders {
                    let text = [&original[..start], intruder, &original[end..]].concat();
                    let _ = parse(&text, at(NOW));
                }
            }
        }
    }
}
