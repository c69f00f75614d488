use std::io;

use retry_runtime::retryable;

#[derive(Clone)]
struct Cursor(u32);

impl Cursor {
    #[retryable]
    fn next(mut self) -> io::Result<u32> {
        self.0 += 1;
        Ok(self.0)
    }
}

#[retryable]
fn drain(mut items: Vec<u32>) -> io::Result<Option<u32>> {
    Ok(items.pop())
}

#[retryable(clone(left))]
async fn pair((mut left, mut right): (Vec<u32>, Vec<u32>)) -> io::Result<Option<u32>> {
    Ok(left.pop().or(right.pop()))
}

fn main() {}
