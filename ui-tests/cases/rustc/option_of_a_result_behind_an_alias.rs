use std::io;

use retry_runtime::retryable;

type Row = io::Result<u32>;
type Rows = Option<Row>;

#[retryable]
fn sync() -> Rows {
    None
}

#[retryable(on = any)]
async fn later() -> Option<Row> {
    None
}

fn main() {}
