//! Thirty tests as a user would write them. Their delays add up to more than ten minutes, which
//! `the_delays_of_these_tests_add_up_to_more_than_ten_minutes` counts; they are slept in no time.

mod flaky;
mod patient;
mod service;
mod total;
