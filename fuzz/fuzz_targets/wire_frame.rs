//! Any bytes as frames between operator and helper: messages or an error, never a panic, and what was understood says
//! the same after another trip over the wire.

#![no_main]

use wire::{Envelope, Reply, Request, frame};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(prefix) = bytes.first_chunk::<4>() {
        assert!(frame::announced(*prefix).is_ok_and(|n| n <= frame::MAX_FRAME) || frame::announced(*prefix).is_err());
    }
    if let Ok(request) = frame::decode::<Envelope<Request>>(bytes) {
        let again = frame::encode(&request).and_then(|b| frame::decode::<Envelope<Request>>(&b));
        assert!(again.is_ok_and(|a| a == request));
    }
    if let Ok(reply) = frame::decode::<Envelope<Reply>>(bytes) {
        let again = frame::encode(&reply).and_then(|b| frame::decode::<Envelope<Reply>>(&b));
        assert!(again.is_ok_and(|a| a == reply));
    }
});
