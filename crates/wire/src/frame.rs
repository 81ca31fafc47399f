//! The framing of messages: a four-byte big-endian length, then that many bytes of JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest frame either side accepts, in bytes. A plan of a hundred hosts stays below a megabyte per host.
pub const MAX_FRAME: usize = 64 << 20;

/// Why bytes are not a message.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {0} bytes is larger than the limit of {MAX_FRAME}")]
    TooLarge(usize),
    #[error("the frame is not a message of this protocol: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// The JSON of one message, without its length.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let bytes = serde_json::to_vec(message)?;
    if bytes.len() > MAX_FRAME { Err(FrameError::TooLarge(bytes.len())) } else { Ok(bytes) }
}

/// The message in one frame's bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    if bytes.len() > MAX_FRAME {
        return Err(FrameError::TooLarge(bytes.len()));
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// The length that a frame's first four bytes announce.
pub fn announced(prefix: [u8; 4]) -> Result<usize, FrameError> {
    let length = u32::from_be_bytes(prefix) as usize;
    if length > MAX_FRAME { Err(FrameError::TooLarge(length)) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Envelope, Request};

    #[test]
    fn a_message_survives_the_wire() {
        let message = Envelope { id: 7, body: Request::Probe { probes: vec![] } };
        let bytes = encode(&message).unwrap();
        let back: Envelope<Request> = decode(&bytes).unwrap();
        assert_eq!(back, message);
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_any_allocation() {
        assert!(matches!(announced([0xff; 4]), Err(FrameError::TooLarge(_))));
        assert_eq!(announced([0, 0, 1, 0]).unwrap(), 256);
    }
}
