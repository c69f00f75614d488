use std::io;

use retry_runtime::retryable;

fn is_busy(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ResourceBusy
}

#[retryable(when = |_error| 3)]
fn when_answers_a_number() -> io::Result<u32> {
    Ok(3)
}

#[retryable(when = || true)]
fn when_takes_nothing() -> io::Result<u32> {
    Ok(3)
}

#[retryable(when = |error: &String| error.is_empty())]
fn when_takes_another_error() -> io::Result<u32> {
    Ok(3)
}

#[retryable(when = |error: io::Error| true)]
fn when_takes_an_owned_error() -> io::Result<u32> {
    Ok(3)
}

#[retryable(when = |error| error.is_busy())]
fn when_calls_no_method() -> io::Result<u32> {
    Ok(3)
}

#[retryable(when = is_busy(&io::Error::other("now")))]
fn when_is_called() -> io::Result<u32> {
    Ok(3)
}

#[retryable(retry_if = |value: &String| value.is_empty())]
fn retry_if_takes_another_value() -> io::Result<u32> {
    Ok(3)
}

#[retryable(retry_if = is_busy)]
fn retry_if_is_a_function_of_the_error() -> io::Result<u32> {
    Ok(3)
}

#[retryable(on_retry = |_error: &io::Error| {})]
fn on_retry_takes_the_error() -> io::Result<u32> {
    Ok(3)
}

#[retryable(on_retry = |_retry| 3)]
fn on_retry_answers() -> io::Result<u32> {
    Ok(3)
}

#[retryable(on_retry = |_number, _error| ())]
async fn on_retry_takes_two() -> io::Result<u32> {
    Ok(3)
}

fn main() {}
