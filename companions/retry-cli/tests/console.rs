//! `retry console` over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A console that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn retry(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retry"));
    command.args(arguments).env_remove("RETRY_CONSOLE_TOKEN").stderr(Stdio::piped());
    command
}

fn get(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn the_tasks_of_a_file_are_served_at_the_address_that_is_printed() {
    let folder = std::env::temp_dir().join(format!("retry-cli-console-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("tasks.db");
    drop(retry_tasks::Tasks::sqlite(&file).expect("a file"));

    let file = file.to_str().expect("a text");
    let mut command = retry(&["console", "--db", file, "--address", "127.0.0.1:0", "--read-only"]);
    let mut console = Running(command.spawn().expect("it starts"));
    let mut line = String::new();
    let out = console.0.stderr.take().expect("piped");
    BufReader::new(out).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("retry console: http://").expect("the address");
    let (address, token) = address.split_once("/?token=").expect("the token");

    let answer = get(address, "/api/tasks", token);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"counts\""), "{answer}");
    assert!(get(address, "/api/snapshot", token).contains("\"role\":\"view\""));
    assert!(get(address, "/api/snapshot", "wrong").starts_with("HTTP/1.1 401"));
    drop(console);
    std::fs::remove_dir_all(&folder).expect("the folder");
}

#[test]
fn a_command_line_that_makes_no_console_says_why() {
    for (arguments, text) in [
        (&["console"][..], "--db <PATH>"),
        (&["console", "--peer", "10.0.0.2:7600"][..], "must begin with `http://`"),
        (&["console", "--db", "/no/such/tasks.db"][..], "/no/such/tasks.db"),
        (
            &["console", "--peer", "http://127.0.0.1:1", "--address", "0.0.0.0:0"][..],
            "give the console a token",
        ),
    ] {
        let output = retry(arguments).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(text), "{arguments:?}: {error}");
    }
}
