//! The throughput of other queues in a PostgreSQL database. `cargo xtask bench --tasks` runs them beside ours.

mod throughput;

pub use throughput::{Failure, IN_FLIGHT, Queue, Worker, measure};

/// The address of the database and the number of tasks, from the command line.
pub fn arguments() -> Result<(String, u64), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("name the database: postgres://USER@HOST/DATABASE")?;
    let tasks = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    Ok((url, tasks))
}
