//! One host's helper: requests and replies over one pipe, several under way at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::HostName;
use ssh::{HelperPipe, HelperSender, Session};
use tokio::sync::oneshot;
use wire::{Envelope, Note, Reply, Request, frame};

/// A connected host.
#[derive(Clone)]
pub struct Link {
    pub host: HostName,
    inner: Arc<Inner>,
}

struct Inner {
    sender: tokio::sync::Mutex<HelperSender>,
    waiting: Arc<Mutex<Waiting>>,
    next: AtomicU64,
    trips: AtomicU64,
    /// Bytes of the program that had to be sent first.
    uploaded: Option<u64>,
    // Keeps the connection open.
    _session: Session,
}

#[derive(Default)]
struct Waiting {
    replies: HashMap<u64, oneshot::Sender<Reply>>,
    /// Why the link is gone.
    ended: Option<String>,
}

impl Link {
    /// Takes over a freshly started helper.
    pub fn new(host: HostName, session: Session, pipe: HelperPipe) -> Self {
        let uploaded = pipe.uploaded();
        let (sender, mut receiver) = pipe.split();
        let waiting: Arc<Mutex<Waiting>> = Arc::default();
        let for_reader = Arc::clone(&waiting);
        tokio::spawn(async move {
            let why = loop {
                match receiver.recv().await {
                    Ok(Some(bytes)) => match frame::decode::<Envelope<Reply>>(&bytes) {
                        Ok(envelope) => {
                            let mut waiting = for_reader.lock().unwrap_or_else(PoisonError::into_inner);
                            if let Some(sender) = waiting.replies.remove(&envelope.id) {
                                let _ = sender.send(envelope.body);
                            }
                        }
                        Err(error) => break error.to_string(),
                    },
                    Ok(None) => break "the helper ended".to_owned(),
                    Err(error) => break error.to_string(),
                }
            };
            let mut waiting = for_reader.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.ended = Some(why);
            waiting.replies.clear();
        });
        let inner = Inner {
            sender: tokio::sync::Mutex::new(sender),
            waiting,
            next: AtomicU64::new(1),
            trips: AtomicU64::new(0),
            uploaded,
            _session: session,
        };
        Self { host, inner: Arc::new(inner) }
    }

    /// Requests sent so far.
    pub fn round_trips(&self) -> u64 {
        self.inner.trips.load(Ordering::Relaxed)
    }

    /// Bytes of the program that had to be sent before the first request; `None` when the host had it.
    pub fn uploaded(&self) -> Option<u64> {
        self.inner.uploaded
    }

    /// Sends a request and waits for its reply; a refusal, a lost host or silence is the error.
    pub async fn request(&self, request: Request, limit: Duration) -> Result<Reply, Note> {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let lost = |why: String| Note::new("host-lost").with("host", &self.host).with("error", why);
        let bytes = frame::encode(&Envelope { id, body: request }).map_err(|e| lost(e.to_string()))?;
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(why) = &waiting.ended {
                return Err(lost(why.clone()));
            }
            waiting.replies.insert(id, sender);
        }
        self.inner.trips.fetch_add(1, Ordering::Relaxed);
        let exchange = async {
            self.inner.sender.lock().await.send(bytes).await.map_err(|e| lost(e.to_string()))?;
            receiver.await.map_err(|_| {
                let waiting = self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                lost(waiting.ended.clone().unwrap_or_default())
            })
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(Ok(Reply::Refused(note))) => Err(note),
            Ok(outcome) => outcome,
            Err(_) => {
                self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).replies.remove(&id);
                Err(Note::new("host-silent").with("host", &self.host).with("seconds", limit.as_secs_f32()))
            }
        }
    }
}
