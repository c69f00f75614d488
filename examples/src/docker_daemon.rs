//! A Docker daemon that an example starts, kills, stops and pauses; a real daemon where possible.

use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::docker_stand_in::{Volumes, serve};
use crate::lab::{Program, Scratch, is_installed, is_root};

/// A daemon with its own socket; it ends when this value is dropped.
#[derive(Debug)]
pub struct Daemon {
    kind: Kind,
    // Fields are dropped in order: programs must end before their folder is removed.
    running: Option<Running>,
    _containerd: Option<Program>,
    /// The volumes of the stand-in; a real daemon stores its own.
    volumes: Volumes,
    folder: Scratch,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Docker,
    Podman,
    StandIn,
}

#[derive(Debug)]
enum Running {
    Program(Program),
    StandIn { listener: Arc<UnixListener>, serving: Option<JoinHandle<()>> },
}

impl Daemon {
    /// Starts Docker's daemon (as root), podman's service for the same API, or a stand-in, whichever works first.
    /// Prints why a real daemon cannot be used.
    ///
    /// # Errors
    ///
    /// Fails if not even the stand-in gets a socket.
    pub async fn start() -> io::Result<Self> {
        let docker = is_installed("dockerd") && is_installed("containerd") && is_root();
        let candidates = [(Kind::Docker, docker), (Kind::Podman, is_installed("podman"))];
        for (kind, _) in candidates.into_iter().filter(|(_, possible)| *possible) {
            match Daemon::of(kind).await {
                Ok(daemon) => return Ok(daemon),
                Err(error) => println!("{kind:?} cannot be used here: {error}"),
            }
        }
        println!("No Docker daemon can be started here: a small stand-in answers on the socket.");
        Daemon::stand_in().await
    }

    /// Starts a stand-in in this process that answers the few requests of the example.
    ///
    /// # Errors
    ///
    /// Fails if there is no socket.
    pub async fn stand_in() -> io::Result<Self> {
        Daemon::of(Kind::StandIn).await
    }

    async fn of(kind: Kind) -> io::Result<Self> {
        let folder = Scratch::new()?;
        // A killed daemon cannot restart if it had started its own containerd, so containerd is started separately.
        let containerd = match kind {
            Kind::Docker => Some(containerd(&folder).await?),
            _ => None,
        };
        let mut daemon = Daemon {
            kind,
            running: None,
            _containerd: containerd,
            volumes: Volumes::default(),
            folder,
        };
        daemon.start_again().await?;
        Ok(daemon)
    }

    /// The kind of daemon.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Docker => "dockerd",
            Kind::Podman => "podman system service",
            Kind::StandIn => "a stand-in for the daemon",
        }
    }

    /// The path of the daemon's socket.
    pub fn socket(&self) -> String {
        self.folder.text("docker.sock")
    }

    /// Starts the daemon again after it has ended, and waits until it answers.
    ///
    /// # Errors
    ///
    /// Fails if the daemon does not start.
    pub async fn start_again(&mut self) -> io::Result<()> {
        let socket = self.socket();
        if self.kind == Kind::StandIn {
            let _ = std::fs::remove_file(&socket);
            let listener = Arc::new(UnixListener::bind(socket)?);
            let volumes = Arc::clone(&self.volumes);
            let serving = Some(tokio::spawn(serve(Arc::clone(&listener), volumes)));
            self.running = Some(Running::StandIn { listener, serving });
            return Ok(());
        }
        // An empty configuration, so that this daemon ignores the machine's own.
        std::fs::write(self.folder.file("daemon.json"), "{}")?;
        let mut program = Program::start(&mut self.command(), self.folder.file("daemon.log"))?;
        program.until(async || answers(&socket).await).await?;
        self.running = Some(Running::Program(program));
        Ok(())
    }

    fn command(&self) -> Command {
        let folder = &self.folder;
        let listen = format!("unix://{}", self.socket());
        if self.kind == Kind::Podman {
            let mut command = Command::new("podman");
            command.args(["--root", &folder.text("root"), "--runroot", &folder.text("run")]);
            command.args(["system", "service", "--time=0", &listen]);
            return command;
        }
        let mut command = Command::new("dockerd");
        command.args(["--iptables=false", "--ip6tables=false", "--bridge=none"]);
        command.args(["--storage-driver=vfs", "--host", &listen]);
        command.args(["--containerd", &folder.text("containerd.sock")]);
        command.args(["--data-root", &folder.text("root"), "--exec-root", &folder.text("run")]);
        command.args(["--config-file", &folder.text("daemon.json")]);
        command.args(["--pidfile", &folder.text("docker.pid")]);
        command
    }

    /// Kills the daemon (`SIGKILL`): the socket's file stays, and connections are refused.
    ///
    /// # Errors
    ///
    /// Fails if the daemon is not running.
    pub async fn kill(&mut self) -> io::Result<()> {
        match self.take()? {
            Running::Program(program) => drop(program.kill()?),
            running => close(running).await,
        }
        Ok(())
    }

    /// Shuts the daemon down (`SIGTERM`): the daemon removes its socket's file.
    ///
    /// # Errors
    ///
    /// Fails if the daemon is not running.
    pub async fn stop(&mut self) -> io::Result<()> {
        match self.take()? {
            Running::Program(program) => drop(program.stop()?),
            running => {
                close(running).await;
                std::fs::remove_file(self.socket())?;
            }
        }
        Ok(())
    }

    /// Makes the daemon hang (`SIGSTOP`): connections succeed, but nothing answers.
    ///
    /// # Errors
    ///
    /// Fails if the daemon is not running or cannot be stopped.
    pub async fn pause(&mut self) -> io::Result<()> {
        match self.running.as_mut().ok_or_else(not_running)? {
            Running::Program(program) => program.pause().await?,
            Running::StandIn { serving, .. } => end(serving.take()).await,
        }
        Ok(())
    }

    /// Lets a paused daemon continue (`SIGCONT`).
    ///
    /// # Errors
    ///
    /// Fails if the daemon is not running.
    pub fn resume(&mut self) -> io::Result<()> {
        match self.running.as_mut().ok_or_else(not_running)? {
            Running::Program(program) => program.signal("CONT")?,
            Running::StandIn { listener, serving } => {
                let volumes = Arc::clone(&self.volumes);
                *serving = Some(tokio::spawn(serve(Arc::clone(listener), volumes)));
            }
        }
        Ok(())
    }

    fn take(&mut self) -> io::Result<Running> {
        self.running.take().ok_or_else(not_running)
    }
}

fn not_running() -> io::Error {
    io::Error::other("the daemon is not running")
}

async fn close(running: Running) {
    if let Running::StandIn { serving, .. } = running {
        end(serving).await;
    }
}

async fn end(serving: Option<JoinHandle<()>>) {
    if let Some(task) = serving {
        task.abort();
        let _ = task.await;
    }
}

async fn containerd(folder: &Scratch) -> io::Result<Program> {
    let mut command = Command::new("containerd");
    command.args(["--root", &folder.text("images"), "--state", &folder.text("state")]);
    command.args(["--address", &folder.text("containerd.sock")]);
    let mut program = Program::start(&mut command, folder.file("containerd.log"))?;
    let socket = folder.file("containerd.sock");
    program.until(async || UnixStream::connect(&socket).await.is_ok()).await?;
    Ok(program)
}

/// Whether the daemon answers a ping within half a second.
async fn answers(socket: &str) -> bool {
    let ping = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n").await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        io::Result::Ok(status.ends_with(b" 200"))
    };
    let answered = tokio::time::timeout(Duration::from_millis(500), ping).await;
    matches!(answered, Ok(Ok(true)))
}
