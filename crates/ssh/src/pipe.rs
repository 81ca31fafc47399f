//! Frames to and from a running helper: a length of four bytes, big-endian, then the content.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{BufMut, BytesMut};
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use crate::bootstrap::tail;
use crate::channel::{Control, Exec, Exit, Stdout, within};
use crate::error::{Error, Phase};
use crate::session::Session;

/// The largest content of a frame, in bytes.
pub const MAX_FRAME: usize = 64 * 1024 * 1024;

/// A running helper on one host.
pub struct HelperPipe {
    sender: HelperSender,
    receiver: HelperReceiver,
    uploaded: Option<u64>,
}

/// The half that sends.
pub struct HelperSender {
    link: Link,
}

/// The half that receives.
pub struct HelperReceiver {
    link: Link,
    stdout: Stdout,
    buffer: BytesMut,
    codec: LengthDelimitedCodec,
}

#[derive(Clone)]
struct Link {
    session: Session,
    control: Control,
    traffic: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    sent: AtomicU64,
    received: AtomicU64,
}

/// Bytes of frames, lengths included; what SSH adds is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// To the helper.
    pub sent: u64,
    /// From the helper.
    pub received: u64,
}

impl HelperPipe {
    pub(crate) fn new(session: Session, exec: Exec, leftover: BytesMut, uploaded: Option<u64>) -> Self {
        let traffic = Arc::new(Counters::default());
        traffic.received.store(leftover.len() as u64, Ordering::Relaxed);
        let link = Link { session, control: exec.control, traffic };
        let codec = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec();
        let receiver = HelperReceiver { link: link.clone(), stdout: exec.stdout, buffer: leftover, codec };
        Self { sender: HelperSender { link }, receiver, uploaded }
    }

    /// How many bytes the upload of the program took, if it had to be uploaded.
    pub fn uploaded(&self) -> Option<u64> {
        self.uploaded
    }

    /// See [`HelperSender::send`].
    pub async fn send(&mut self, frame: Vec<u8>) -> Result<(), Error> {
        self.sender.send(frame).await
    }

    /// See [`HelperReceiver::recv`].
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.receiver.recv().await
    }

    /// The last 64 KiB of the helper's stderr.
    pub fn stderr(&self) -> String {
        self.receiver.stderr()
    }

    /// What went to and fro until now.
    pub fn traffic(&self) -> Traffic {
        self.receiver.traffic()
    }

    /// Two halves for two tasks.
    pub fn split(self) -> (HelperSender, HelperReceiver) {
        (self.sender, self.receiver)
    }

    /// Lets the helper see the end of its input and waits until it has ended; an exit status other than 0 is an error.
    /// Frames that are still unread are dropped.
    pub async fn finish(mut self) -> Result<(), Error> {
        self.sender.finish().await?;
        let limit = self.receiver.link.session.limits().start;
        let ended = within(limit, async {
            while self.receiver.recv().await?.is_some() {}
            Ok(())
        })
        .await;
        ended.unwrap_or_else(|| Err(self.receiver.link.session.timeout(Phase::Finish)))
    }
}

impl HelperSender {
    /// Sends one frame of at most [`MAX_FRAME`] bytes. Not cancel-safe: half a frame may be sent, so use the pipe no
    /// more after giving up on it.
    pub async fn send(&mut self, frame: Vec<u8>) -> Result<(), Error> {
        let host = || self.link.session.target().host.clone();
        let Some(length) = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= MAX_FRAME) else {
            let reason = format!("a message of {} bytes is too large to send (at most {MAX_FRAME})", frame.len());
            return Err(Error::Frame { host: host(), reason });
        };
        let mut packet = BytesMut::with_capacity(4 + frame.len());
        packet.put_u32(length);
        packet.extend_from_slice(&frame);
        let size = packet.len() as u64;
        self.link.control.send(packet.freeze()).await.map_err(|exit| self.link.ended(exit))?;
        self.link.traffic.sent.fetch_add(size, Ordering::Relaxed);
        Ok(())
    }

    /// Lets the helper see the end of its input.
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.link.control.end_of_input().await.map_err(|exit| self.link.ended(exit))
    }
}

impl HelperReceiver {
    /// The next frame; `None` when the helper has ended well. Cancel-safe.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.codec.decode(&mut self.buffer) {
                Ok(Some(frame)) => return Ok(Some(frame.into())),
                Ok(None) => {}
                Err(_) => return Err(self.garbage()),
            }
            match self.stdout.next().await {
                Some(chunk) => {
                    self.link.traffic.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    self.buffer.extend_from_slice(&chunk);
                }
                None => {
                    return match self.link.control.exit().await {
                        Exit::Status(0) if self.buffer.is_empty() => Ok(None),
                        exit => Err(self.link.ended(exit)),
                    };
                }
            }
        }
    }

    /// The last 64 KiB of the helper's stderr.
    pub fn stderr(&self) -> String {
        self.link.control.stderr()
    }

    /// What went to and fro until now.
    pub fn traffic(&self) -> Traffic {
        let Counters { sent, received } = self.link.traffic.as_ref();
        Traffic { sent: sent.load(Ordering::Relaxed), received: received.load(Ordering::Relaxed) }
    }

    fn garbage(&self) -> Error {
        let start = self.buffer.get(..self.buffer.len().min(200)).unwrap_or_default();
        let text = tail(&String::from_utf8_lossy(start));
        let reason = format!("the helper sent something that is no message; it begins with {text:?}");
        Error::Frame { host: self.link.session.target().host.clone(), reason }
    }
}

impl Link {
    fn ended(&self, exit: Exit) -> Error {
        let host = self.session.target().host.clone();
        match exit {
            Exit::Lost(reason) => Error::Lost { host, reason },
            exit => Error::Helper { host, exit, output: tail(&self.control.stderr()) },
        }
    }
}
