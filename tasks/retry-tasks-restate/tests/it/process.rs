//! A worker in a process of its own: this program, with one test that is no test.

use std::process::{Child, Command, Stdio};

/// A process, until it is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts the program of the tests with this test alone, and with these variables.
    pub(crate) fn start(
        test: &str,
        variables: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.args(["--exact", test, "--ignored", "--nocapture"]).envs(variables);
        Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started"))
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("asked").is_some()
    }
}

impl Drop for Process {
    /// Kills the process as `kill -9` does.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
