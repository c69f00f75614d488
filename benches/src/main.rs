//! The measurements without peers.

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    retry_benches::measure(&retry_benches::cases(), &words)
}
