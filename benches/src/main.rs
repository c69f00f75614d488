//! Runs the measurements without peers.

use retry_benches::Suite;

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    Suite::without_peers().measure(&words)
}
