//! How a copy travels: pieces with their length before them, an empty one at the end, and then how it went. A stream that
//! breaks off is so never taken for a whole one.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// Pieces are as long as one read of the source, at most.
pub const PIECE: usize = 256 * 1024;
/// A header or an end, as JSON.
const WORDS: usize = 64 * 1024;

/// What a donor says before the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Head {
    /// They follow; so many bytes are in its data directory.
    Coming {
        bytes: u64,
    },
    Refused(String),
}

/// How the giving ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    Whole,
    Failed(String),
}

/// Writes one piece.
pub fn put(to: &mut impl Write, piece: &[u8]) -> io::Result<()> {
    let length = u32::try_from(piece.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(piece)
}

/// Reads one piece into `buffer`; empty at the end.
pub fn take<'b>(from: &mut impl Read, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > PIECE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    buffer.resize(length, 0);
    from.read_exact(buffer)?;
    Ok(buffer)
}

/// Writes words.
pub fn say(to: &mut impl Write, words: &impl Serialize) -> io::Result<()> {
    put(to, &serde_json::to_vec(words)?)?;
    to.flush()
}

/// Reads words.
pub fn hear<W: for<'de> Deserialize<'de>>(from: &mut impl Read) -> io::Result<W> {
    let mut buffer = Vec::new();
    let piece = take(from, &mut buffer)?;
    if piece.len() > WORDS {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(serde_json::from_slice(piece)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_breaks_off_is_not_whole() {
        let mut wire = Vec::new();
        say(&mut wire, &Head::Coming { bytes: 7 }).unwrap();
        put(&mut wire, b"abc").unwrap();
        put(&mut wire, b"").unwrap();
        say(&mut wire, &End::Whole).unwrap();
        let read = |mut from: &[u8]| -> io::Result<(Vec<u8>, End)> {
            assert_eq!(hear::<Head>(&mut from)?, Head::Coming { bytes: 7 });
            let (mut all, mut buffer) = (Vec::new(), Vec::new());
            loop {
                match take(&mut from, &mut buffer)? {
                    [] => return Ok((all, hear(&mut from)?)),
                    piece => all.extend_from_slice(piece),
                }
            }
        };
        assert_eq!(read(&wire).unwrap(), (b"abc".to_vec(), End::Whole));
        for cut in 25..wire.len() {
            assert!(read(&wire[..cut]).is_err(), "{cut}");
        }
        assert!(take(&mut &[0xff; 8][..], &mut Vec::new()).is_err());
    }
}
