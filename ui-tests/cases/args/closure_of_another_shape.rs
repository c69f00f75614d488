use std::io;

use retry_runtime::retryable;

#[retryable(when = |error, number| number < 3, on_retry = |error, number| println!("{number}: {error}"))]
fn two_parameters() -> io::Result<u32> {
    Ok(1)
}

#[retryable(when = error.kind() == io::ErrorKind::NotFound)]
fn an_answer_in_place_of_a_closure() -> io::Result<u32> {
    Ok(1)
}

#[retryable(retry_if = |result| match result { Ok(_) => false, Err(_) => true })]
fn a_match_on_the_outcome() -> io::Result<u32> {
    Ok(1)
}

#[retryable(retry_if = |result| matches!(result, Err(_)))]
fn a_pattern_of_the_outcome() -> io::Result<u32> {
    Ok(1)
}

#[retryable(retry_if = |result| { if let Err(_) = result { true } else { false } })]
fn a_condition_on_the_outcome() -> io::Result<u32> {
    Ok(1)
}

fn main() {
    let _ = (two_parameters(), an_answer_in_place_of_a_closure(), a_match_on_the_outcome());
    let _ = (a_pattern_of_the_outcome(), a_condition_on_the_outcome());
}
