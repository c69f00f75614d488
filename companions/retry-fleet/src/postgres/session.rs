//! The thread of the transport: one connection, made again when it is lost.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Notification, Socket};

use crate::transport::Inbox;

/// A request of the member.
pub(super) enum Request {
    Publish(String, SyncSender<io::Result<()>>),
    /// Takes the lock of this key for at most this long.
    Probe(i64, Duration, SyncSender<io::Result<bool>>),
    Release(i64),
}

pub(super) struct Session {
    config: Config,
    channel: String,
    inbox: Inbox,
}

/// Connecting may take this long, and so may the answer to a statement.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause before a lost connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Session {
    pub(super) fn new(config: Config, channel: String, inbox: Inbox) -> Self {
        Session { config, channel, inbox }
    }

    /// Serves requests until their sender is gone.
    pub(super) fn run(self, mut requests: Receiver<Request>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            loop {
                if let Ok(()) = self.serve(&mut requests).await {
                    return;
                }
                let pause = Instant::now() + PAUSE;
                // Meanwhile requests fail at once.
                while let Ok(request) = tokio::time::timeout_at(pause, requests.recv()).await {
                    let Some(request) = request else { return };
                    refuse(request);
                }
            }
        });
    }

    /// Serves requests with one connection: `Ok` when their sender is gone.
    async fn serve(&self, requests: &mut Receiver<Request>) -> Result<(), Failure> {
        let (sender, mut heard) = unbounded_channel();
        let client = tokio::select! {
            client = timeout(PATIENCE, self.dial(sender)) => client??,
            () = refuse_all(requests) => return Ok(()),
        };
        let listen = format!("LISTEN {}", quoted(&self.channel));
        timeout(PATIENCE, client.batch_execute(&listen)).await??;
        let mut locks = HashMap::new();
        loop {
            let end = locks.values().min().copied();
            tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.answer(&client, request, &mut locks).await?,
                    None => return Ok(()),
                },
                notification = heard.recv() => {
                    let Some(notification) = notification else { return Err("closed".into()) };
                    self.hear(&notification);
                }
                () = wait_until(end) => unlock_ended(&client, &mut locks).await?,
            }
        }
    }

    fn hear(&self, notification: &Notification) {
        // What is no word of this version is of another one, or of a stranger.
        if let Ok(word) = notification.payload().parse() {
            self.inbox.hear(word);
        }
    }

    async fn answer(
        &self,
        client: &Client,
        request: Request,
        locks: &mut HashMap<i64, Instant>,
    ) -> Result<(), Failure> {
        match request {
            Request::Publish(text, reply) => {
                let texts: [&(dyn ToSql + Sync); 2] = [&self.channel, &text];
                let sent = client.execute("SELECT pg_notify($1, $2)", &texts);
                reply_with(&reply, timeout(PATIENCE, sent).await.map(|sent| sent.map(drop)))
            }
            // A process that holds the lock gets it again, and the server would count twice.
            Request::Probe(key, hold, reply) if locks.contains_key(&key) => {
                locks.insert(key, Instant::now() + hold);
                let _ = reply.send(Ok(true));
                Ok(())
            }
            Request::Probe(key, hold, reply) => {
                let sql = "SELECT pg_try_advisory_lock($1)";
                let keys: [&(dyn ToSql + Sync); 1] = [&key];
                let locked = timeout(PATIENCE, client.query_one(sql, &keys)).await;
                let locked = locked.map(|row| row.and_then(|row| row.try_get::<_, bool>(0)));
                if let Ok(Ok(true)) = locked {
                    locks.insert(key, Instant::now() + hold);
                }
                reply_with(&reply, locked)
            }
            Request::Release(key) => match locks.remove(&key) {
                Some(_) => unlock(client, key).await,
                None => Ok(()),
            },
        }
    }

    async fn dial(&self, heard: UnboundedSender<Notification>) -> Result<Client, Failure> {
        #[cfg(feature = "rustls")]
        {
            use tokio_postgres::config::SslMode;
            if self.config.get_ssl_mode() != SslMode::Disable {
                return self.dial_with(super::tls::connector()?, heard).await;
            }
        }
        self.dial_with(tokio_postgres::NoTls, heard).await
    }

    async fn dial_with<T>(
        &self,
        tls: T,
        heard: UnboundedSender<Notification>,
    ) -> Result<Client, Failure>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
        T::TlsConnect: TlsConnect<Socket>,
    {
        let (client, connection) = self.config.connect(tls).await?;
        tokio::spawn(pass_on(connection, heard));
        Ok(client)
    }
}

/// Moves the bytes of a connection, and passes its notifications on.
async fn pass_on<S, T>(mut wire: Connection<S, T>, heard: UnboundedSender<Notification>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|cx| wire.poll_message(cx)).await {
        if let AsyncMessage::Notification(notification) = message {
            let _ = heard.send(notification);
        }
    }
}

/// Answers, and passes a failure of the connection on. A statement that the server refuses leaves the connection as it is.
fn reply_with<T>(
    reply: &SyncSender<io::Result<T>>,
    result: Result<Result<T, tokio_postgres::Error>, tokio::time::error::Elapsed>,
) -> Result<(), Failure> {
    let (answer, outcome) = match result {
        Ok(Ok(value)) => (Ok(value), Ok(())),
        Ok(Err(error)) => {
            let outcome = if error.is_closed() { Err("closed".into()) } else { Ok(()) };
            (Err(io::Error::other(error)), outcome)
        }
        Err(silent) => (Err(io::ErrorKind::TimedOut.into()), Err(silent.into())),
    };
    // Nobody waits for an answer that comes late.
    let _ = reply.try_send(answer);
    outcome
}

async fn unlock(client: &Client, key: i64) -> Result<(), Failure> {
    timeout(PATIENCE, client.execute("SELECT pg_advisory_unlock($1)", &[&key])).await??;
    Ok(())
}

/// Gives back the locks that were held for too long.
async fn unlock_ended(client: &Client, locks: &mut HashMap<i64, Instant>) -> Result<(), Failure> {
    let now = Instant::now();
    let ended: Vec<i64> =
        locks.iter().filter(|(_, until)| **until <= now).map(|(key, _)| *key).collect();
    for key in ended {
        locks.remove(&key);
        unlock(client, key).await?;
    }
    Ok(())
}

async fn wait_until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => sleep(Duration::from_secs(3600)).await,
    }
}

/// Fails all requests until their sender is gone.
async fn refuse_all(requests: &mut Receiver<Request>) {
    while let Some(request) = requests.recv().await {
        refuse(request);
    }
}

fn refuse(request: Request) {
    match request {
        Request::Publish(_, reply) => drop(reply.try_send(Err(io::ErrorKind::NotConnected.into()))),
        Request::Probe(.., reply) => drop(reply.try_send(Err(io::ErrorKind::NotConnected.into()))),
        Request::Release(_) => {}
    }
}

/// A name as an identifier of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
