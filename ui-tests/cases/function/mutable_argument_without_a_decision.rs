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

#[retryable]
fn borrowed(ref mut v: Vec<u32>) -> std::io::Result<()> {
    v.push(1);
    Ok(())
}

#[retryable]
async fn parts((ref mut a, _): (Vec<u32>, u8)) -> std::io::Result<()> {
    a.push(1);
    Ok(())
}

fn main() {}
