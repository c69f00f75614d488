use std::future::Future;
use std::pin::Pin;

use retry_runtime::retryable;

#[retryable(on = any)]
fn guarded(ready: bool) -> Pin<Box<dyn Future<Output = Result<u32, String>>>> {
    if !ready {
        return Box::pin(async { Err("not ready".to_owned()) });
    }
    Box::pin(async { Ok(1) })
}

#[retryable(on = any)]
fn allowed(ready: bool) -> Pin<Box<dyn Future<Output = Result<u32, String>>>> {
    let check = move || {
        if !ready {
            return Err("not ready".to_owned());
        }
        Ok(1)
    };
    Box::pin(async move { check() })
}

fn main() {}
