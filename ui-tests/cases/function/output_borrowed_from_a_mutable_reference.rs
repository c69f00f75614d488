use std::io;
use std::pin::Pin;

use retry_runtime::retryable;

struct Buffer {
    text: String,
}

impl Buffer {
    #[retryable]
    fn fill(&mut self) -> io::Result<&str> {
        Ok(&self.text)
    }

    #[retryable]
    async fn fill_later(&mut self, other: &str) -> io::Result<&mut String> {
        self.text.push_str(other);
        Ok(&mut self.text)
    }

    #[retryable]
    fn fill_pinned(self: Pin<&mut Self>) -> io::Result<&str> {
        Ok(&self.get_mut().text)
    }

    #[retryable]
    fn fill_named<'a>(&'a mut self, _other: &str) -> io::Result<&'a str> {
        Ok(&self.text)
    }
}

#[retryable]
fn first(texts: &mut Vec<String>) -> Option<&String> {
    texts.first()
}

#[retryable]
fn named<'a>(texts: &'a mut Vec<String>, _other: &str) -> Option<std::slice::Iter<'a, String>> {
    Some(texts.iter())
}

fn main() {}
