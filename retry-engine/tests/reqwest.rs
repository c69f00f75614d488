//! Both versions of `reqwest` against servers that fail in one way each, on the loopback interface.

#![cfg(any(feature = "reqwest", feature = "reqwest-0-12"))]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use retry_runtime::{CheckStatus, Class, Classify, Kind};

#[cfg(feature = "reqwest")]
mod of_0_13 {
    use super::*;
    include!("reqwest/cases.rs");
}

#[cfg(feature = "reqwest-0-12")]
mod of_0_12 {
    use super::*;
    use reqwest_0_12 as reqwest;
    include!("reqwest/cases.rs");
}

/// A server that reads one request's head and then does what `answer` says.
fn server(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        answer(&mut stream);
        let _ = stream.shutdown(Shutdown::Both);
    });
    address
}

fn says(text: &'static str) -> SocketAddr {
    server(move |stream| stream.write_all(text.as_bytes()).unwrap())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
