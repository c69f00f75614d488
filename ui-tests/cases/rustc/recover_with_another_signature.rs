use std::io;

use retry_runtime::retryable;

fn without_the_argument(error: io::Error) -> io::Result<u32> {
    Err(error)
}

fn without_the_failure(order: u32) -> io::Result<u32> {
    Ok(order)
}

fn with_more_arguments(_error: io::Error, order: [u32; 3], _day: String) -> io::Result<u32> {
    Ok(order[0])
}

fn of_another_failure(_error: String, order: u32) -> io::Result<u32> {
    Ok(order)
}

fn of_another_argument(_error: io::Error, order: String) -> io::Result<u32> {
    order.parse().map_err(io::Error::other)
}

fn of_another_output(_error: io::Error, order: u32) -> u32 {
    order
}

async fn later(_error: io::Error, order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(recover = without_the_argument)]
fn argument_is_missing(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(recover = without_the_failure)]
fn failure_is_missing(order: u32) -> Result<u32, io::Error> {
    Ok(order)
}

#[retryable(recover = with_more_arguments)]
fn argument_is_not_known(order: [u32; 3]) -> io::Result<u32> {
    Ok(order[0])
}

#[retryable(recover = of_another_failure)]
fn failure_differs(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(recover = of_another_argument)]
fn argument_differs(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(recover = of_another_output)]
fn output_differs(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(recover = later)]
fn recovers_later(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(recover = of_another_output)]
async fn recovers_at_once(order: u32) -> io::Result<u32> {
    Ok(order)
}

struct Client;

impl Client {
    fn fallback(&self, _error: io::Error) -> io::Result<u32> {
        Ok(3)
    }

    #[retryable(recover = Self::fallback)]
    fn charge(&self, order: u32) -> io::Result<u32> {
        Ok(order)
    }
}

fn main() {
    let _ = Client.charge(3);
}
