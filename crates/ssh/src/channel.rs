//! One running command: its input, its output, the end of its stderr and how it ended.
//!
//! A task per channel drains what the host sends. Without it a command that ends while its caller still writes would
//! leave the caller waiting for ever for room in the window, and output that nobody reads yet would stop the signs of
//! life of the whole connection.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// How much of stderr is kept for messages.
const STDERR_KEPT: usize = 64 * 1024;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// It ended by itself.
    Status(u32),
    /// A signal ended it (`TERM`, `KILL`, …).
    Signal(String),
    /// The server did not start it.
    Refused,
    /// The connection ended first.
    Lost(String),
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Signal(name) => write!(f, "killed by SIG{name}"),
            Self::Refused => f.write_str("never started"),
            Self::Lost(reason) => write!(f, "connection lost: {reason}"),
        }
    }
}

/// A running command. Dropping all its parts closes the channel, which ends most programs.
pub struct Exec {
    /// What it reads; shut it down to let the command see the end of it.
    pub stdin: Stdin,
    /// What it writes. It is kept in memory until it is read, so that no channel holds up another.
    pub stdout: Stdout,
    pub(crate) control: Control,
}

impl Exec {
    pub(crate) fn start(channel: Channel<Msg>, lost: Arc<Mutex<Option<String>>>) -> Self {
        let (read, write) = channel.split();
        let write = Arc::new(write);
        let dropped = CancellationToken::new();
        let shared = Arc::new(Shared {
            stderr: Mutex::new(Vec::new()),
            stderr_seen: watch::Sender::new(0),
            exit: watch::Sender::new(None),
            over: CancellationToken::new(),
        });
        let (sender, queue) = mpsc::unbounded_channel();
        tokio::spawn(drain(read, write.clone(), shared.clone(), sender, dropped.clone(), lost));
        let control = Control { shared, write, _alive: Arc::new(dropped.drop_guard()) };
        Self { stdin: Stdin::new(control.clone()), stdout: Stdout::new(queue, control.clone()), control }
    }

    /// The last 64 KiB that the command wrote to stderr until now.
    pub fn stderr(&self) -> String {
        self.control.stderr()
    }

    /// Waits for the command's end.
    pub async fn wait(&mut self) -> Exit {
        self.control.exit().await
    }
}

/// What all parts of a running command share.
#[derive(Clone)]
pub(crate) struct Control {
    shared: Arc<Shared>,
    write: Arc<ChannelWriteHalf<Msg>>,
    _alive: Arc<DropGuard>,
}

struct Shared {
    stderr: Mutex<Vec<u8>>,
    stderr_seen: watch::Sender<u64>,
    exit: watch::Sender<Option<Exit>>,
    over: CancellationToken,
}

impl Control {
    pub(crate) fn stderr(&self) -> String {
        let kept = self.shared.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }

    /// Changes whenever stderr has grown.
    pub(crate) fn stderr_seen(&self) -> watch::Receiver<u64> {
        self.shared.stderr_seen.subscribe()
    }

    pub(crate) async fn exit(&self) -> Exit {
        let mut exit = self.shared.exit.subscribe();
        let exit = exit.wait_for(Option::is_some).await;
        exit.ok().and_then(|exit| exit.clone()).unwrap_or_else(|| Exit::Lost("it was closed".into()))
    }

    /// Sends without copying; fails with how the command ended if it ended.
    pub(crate) async fn send(&self, bytes: Bytes) -> Result<(), Exit> {
        let sent = tokio::select! {
            sent = self.write.data_bytes(bytes) => sent.is_ok(),
            () = self.shared.over.cancelled() => false,
        };
        if sent { Ok(()) } else { Err(self.exit().await) }
    }

    pub(crate) async fn end_of_input(&self) -> Result<(), Exit> {
        match self.write.eof().await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.exit().await),
        }
    }
}

async fn drain(
    mut read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    shared: Arc<Shared>,
    stdout: mpsc::UnboundedSender<Bytes>,
    dropped: CancellationToken,
    lost: Arc<Mutex<Option<String>>>,
) {
    let (mut exit, mut end_of_output) = (None, false);
    // A background process may hold the output open after the command's end, and the other way round.
    while !(exit.is_some() && end_of_output) {
        let message = tokio::select! {
            message = read.wait() => message,
            () = dropped.cancelled() => {
                let _ = write.close().await;
                exit.get_or_insert(Exit::Lost("it was closed".into()));
                break;
            }
        };
        match message {
            Some(ChannelMsg::Data { data }) => {
                let _ = stdout.send(data);
            }
            Some(ChannelMsg::ExtendedData { data, .. }) => {
                let mut kept = shared.stderr.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&data);
                let excess = kept.len().saturating_sub(STDERR_KEPT);
                kept.drain(..excess);
                drop(kept);
                shared.stderr_seen.send_modify(|seen| *seen += 1);
            }
            Some(ChannelMsg::ExitStatus { exit_status }) => exit = Some(Exit::Status(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => exit = Some(Exit::Signal(signal(&signal_name))),
            Some(ChannelMsg::Failure) => {
                exit = Some(Exit::Refused);
                break;
            }
            Some(ChannelMsg::Eof) => end_of_output = true,
            Some(ChannelMsg::Close) => break,
            Some(_) => {}
            None => {
                let reason = lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
                exit.get_or_insert(Exit::Lost(reason.unwrap_or_else(|| "it was closed".into())));
                break;
            }
        }
    }
    // The order matters: who sees the end of stdout finds the reason there.
    let exit = exit.unwrap_or_else(|| Exit::Lost("the server closed the channel".into()));
    shared.exit.send_replace(Some(exit));
    shared.over.cancel();
    drop(stdout);
    let _ = write.close().await;
}

fn signal(signal: &russh::Sig) -> String {
    match signal {
        russh::Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}

/// The input of a command.
pub struct Stdin {
    writer: Pin<Box<dyn AsyncWrite + Send>>,
    over: Pin<Box<WaitForCancellationFutureOwned>>,
    _control: Control,
}

impl Stdin {
    fn new(control: Control) -> Self {
        let over = Box::pin(control.shared.over.clone().cancelled_owned());
        Self { writer: Box::pin(control.write.make_writer()), over, _control: control }
    }

    fn ended(&mut self, cx: &mut Context<'_>) -> bool {
        self.over.as_mut().poll(cx).is_ready()
    }
}

impl AsyncWrite for Stdin {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.ended(cx) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.writer.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ended(cx) {
            return Poll::Ready(Ok(()));
        }
        self.writer.as_mut().poll_shutdown(cx)
    }
}

/// The output of a command.
pub struct Stdout {
    queue: mpsc::UnboundedReceiver<Bytes>,
    chunk: Bytes,
    _control: Control,
}

impl Stdout {
    fn new(queue: mpsc::UnboundedReceiver<Bytes>, control: Control) -> Self {
        Self { queue, chunk: Bytes::new(), _control: control }
    }

    /// The next piece of output; `None` at its end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.queue.recv().await
    }
}

impl AsyncRead for Stdout {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.chunk.is_empty() {
            match self.queue.poll_recv(cx) {
                Poll::Ready(Some(chunk)) => self.chunk = chunk,
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
        let n = self.chunk.len().min(buf.remaining());
        buf.put_slice(self.chunk.get(..n).unwrap_or_default());
        self.chunk.advance(n);
        Poll::Ready(Ok(()))
    }
}

/// Waits for `work` at most `limit`.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
