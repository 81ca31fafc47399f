//! The form of an object at the target: compressed, encrypted to the cluster's key, and marked by one of its hosts.
//!
//! ```text
//! age(zstd(data)) ‖ HMAC-SHA256(seal, name ‖ 0 ‖ age(zstd(data)))
//! ```
//!
//! age keeps what is in it from everybody without the private key, and notices what was changed. But anybody can encrypt
//! to a public key; hence the mark, which also binds the object to its name. The seal is derived from the private key, so
//! that this is all that must be kept.

use std::io::{self, Read, Write};

use age::secrecy::ExposeSecret;
use hmac::{Hmac, Mac};
use secret::Secret;
use sha2::Sha256;

/// Bytes of the mark at an object's end.
pub const MARK: usize = 32;
/// zstd's own default: a third of the size at several hundred MB/s.
const LEVEL: i32 = 3;
/// What the seal is derived for.
const PURPOSE: &[u8] = b"quorate backup seal v1";

type Hash = Hmac<Sha256>;

/// Why a key or an object is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("this is no private key of backups (age, X25519)")]
    Identity,
    #[error("this is no public key of backups (age, X25519)")]
    Recipient,
    /// Another key, other content, another name, or cut short.
    #[error("it is not what a host of this cluster wrote under this name")]
    Tampered,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A new private key.
pub fn new_identity() -> Secret {
    Secret::new(age::x25519::Identity::generate().to_string().expose_secret().to_owned())
}

fn parse(identity: &Secret) -> Result<age::x25519::Identity, Broken> {
    // A key file may say in comments what it is of.
    let line = identity.expose().lines().map(str::trim).find(|l| l.starts_with("AGE-SECRET-KEY-"));
    line.and_then(|l| l.parse().ok()).ok_or(Broken::Identity)
}

/// The public key that goes with a private one.
pub fn recipient(identity: &Secret) -> Result<String, Broken> {
    Ok(parse(identity)?.to_public().to_string())
}

/// With what hosts mark their objects; tells nothing of the private key.
pub fn seal(identity: &Secret) -> Result<Secret, Broken> {
    let key = parse(identity)?.to_string();
    let mut hash = keyed(key.expose_secret().as_bytes());
    hash.update(PURPOSE);
    Ok(Secret::new(hash.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect()))
}

fn keyed(key: &[u8]) -> Hash {
    // Any length of key is accepted, so the error cannot come.
    <Hash as Mac>::new_from_slice(key).unwrap_or_else(|_| <Hash as Mac>::new(&Default::default()))
}

fn begun(seal: &Secret, name: &str) -> Hash {
    let mut hash = keyed(seal.expose().as_bytes());
    hash.update(name.as_bytes());
    hash.update(&[0]);
    hash
}

/// Writes data through to the target, sealed. Counts what went in and what came out.
pub struct Sealer<W: Write> {
    encoder: zstd::Encoder<'static, age::stream::StreamWriter<Marked<W>>>,
    raw: u64,
}

impl<W: Write> Sealer<W> {
    /// Begins an object of that name.
    pub fn new(target: W, name: &str, recipient: &str, seal: &Secret) -> Result<Self, Broken> {
        let recipient: age::x25519::Recipient = recipient.parse().map_err(|_| Broken::Recipient)?;
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .map_err(|_| Broken::Recipient)?;
        let encrypted = encryptor.wrap_output(Marked { target, hash: begun(seal, name), written: 0 })?;
        Ok(Self { encoder: zstd::Encoder::new(encrypted, LEVEL)?, raw: 0 })
    }

    /// Ends the object: what it was written to, the bytes that went in, and those that came out.
    pub fn finish(self) -> Result<(W, u64, u64), Broken> {
        let mut marked = self.encoder.finish()?.finish()?;
        let mark = marked.hash.clone().finalize().into_bytes();
        marked.target.write_all(&mark)?;
        Ok((marked.target, self.raw, marked.written + MARK as u64))
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.encoder.write(bytes)?;
        self.raw += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

struct Marked<W> {
    target: W,
    hash: Hash,
    written: u64,
}

impl<W: Write> Write for Marked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.target.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

/// An error of the target itself, as opposed to one of the object.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OfTarget(io::Error);

/// Copies an object's data to `out`. Only after an `Ok` may what was copied be used: the mark stands at the end.
pub fn open<R: Read>(target: R, name: &str, identity: &Secret, out: &mut impl Write) -> Result<u64, Broken> {
    let key = parse(identity)?;
    let mut unmarked = Unmarked { target, hash: begun(&seal(identity)?, name), held: Vec::new(), ended: false };
    let copied = (|| -> Result<u64, Broken> {
        let decryptor = age::Decryptor::new_buffered(io::BufReader::new(&mut unmarked)).map_err(of_age)?;
        let decrypted = decryptor.decrypt(std::iter::once(&key as &dyn age::Identity)).map_err(of_age)?;
        let mut decoder = zstd::Decoder::new(decrypted)?;
        let mut buffer = vec![0; 128 << 10];
        let mut copied = 0;
        loop {
            let read = decoder.read(&mut buffer).map_err(judge)?;
            if read == 0 {
                return Ok(copied);
            }
            out.write_all(&buffer[..read])?;
            copied += read as u64;
        }
    })()?;
    unmarked.settle()?;
    Ok(copied)
}

fn of_age(error: age::DecryptError) -> Broken {
    match error {
        age::DecryptError::Io(error) => judge(error),
        _ => Broken::Tampered,
    }
}

/// What the target did not say is the object's fault.
fn judge(error: io::Error) -> Broken {
    match error.downcast::<OfTarget>() {
        Ok(OfTarget(error)) => Broken::Io(error),
        Err(_) => Broken::Tampered,
    }
}

/// All but the last [`MARK`] bytes of an object.
struct Unmarked<R> {
    target: R,
    hash: Hash,
    /// Read from the target and not yet handed on; the mark, in the end.
    held: Vec<u8>,
    ended: bool,
}

impl<R: Read> Unmarked<R> {
    /// Reads what is left and compares the mark.
    fn settle(mut self) -> Result<(), Broken> {
        let rest = io::copy(&mut self, &mut io::sink()).map_err(judge)?;
        let right = self.hash.verify_slice(&self.held).is_ok();
        if rest == 0 && right { Ok(()) } else { Err(Broken::Tampered) }
    }
}

impl<R: Read> Read for Unmarked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut buffer = [0; 64 << 10];
        while !self.ended && self.held.len() <= MARK {
            match self.target.read(&mut buffer) {
                Ok(0) => self.ended = true,
                Ok(read) => self.held.extend_from_slice(&buffer[..read]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(io::Error::other(OfTarget(e))),
            }
        }
        let ready = self.held.len().saturating_sub(MARK).min(out.len());
        out[..ready].copy_from_slice(&self.held[..ready]);
        self.hash.update(&self.held[..ready]);
        self.held.drain(..ready);
        Ok(ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(data: &[u8], name: &str, identity: &Secret) -> Vec<u8> {
        let (recipient, seal) = (recipient(identity).unwrap(), seal(identity).unwrap());
        let mut sealer = Sealer::new(Vec::new(), name, &recipient, &seal).unwrap();
        sealer.write_all(data).unwrap();
        let (object, raw, stored) = sealer.finish().unwrap();
        assert_eq!((raw, stored), (data.len() as u64, object.len() as u64));
        object
    }

    fn opened(object: &[u8], name: &str, identity: &Secret) -> Result<Vec<u8>, Broken> {
        let mut data = Vec::new();
        open(object, name, identity, &mut data).map(|_| data)
    }

    #[test]
    fn what_was_sealed_is_opened_with_the_key_alone() {
        let identity = new_identity();
        for data in [&b""[..], b"row", &[7; 300_000], &(0..400_000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>()] {
            let object = sealed(data, "base/x.age", &identity);
            assert_eq!(opened(&object, "base/x.age", &identity).unwrap(), data);
            assert!(matches!(opened(&object, "base/x.age", &new_identity()), Err(Broken::Tampered)));
        }
        let commented = Secret::new(format!("# of cluster demo\n{}\n", identity.expose()));
        assert_eq!(recipient(&commented).unwrap(), recipient(&identity).unwrap());
        assert!(matches!(recipient(&Secret::new("AGE-SECRET-KEY-1".into())), Err(Broken::Identity)));
    }

    #[test]
    fn whatever_was_done_to_an_object_is_noticed() {
        let identity = new_identity();
        let data: Vec<u8> = (0..100_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let object = sealed(&data, "base/x.age", &identity);
        let refused = |object: &[u8], name: &str| matches!(opened(object, name, &identity), Err(Broken::Tampered));
        for at in [0, 30, 150, 200, object.len() / 2, object.len() - MARK - 1, object.len() - 1] {
            let mut changed = object.clone();
            changed[at] ^= 1;
            assert!(refused(&changed, "base/x.age"), "byte {at}");
            assert!(refused(&object[..at], "base/x.age"), "cut at {at}");
        }
        assert!(refused(&[object.as_slice(), b"x"].concat(), "base/x.age"), "longer");
        assert!(refused(&object, "base/y.age"), "another name");
        // Everybody can encrypt to the public key; only the cluster's hosts can mark.
        let stranger = Secret::new("guess".into());
        let mut forged = Sealer::new(Vec::new(), "base/x.age", &recipient(&identity).unwrap(), &stranger).unwrap();
        forged.write_all(&data).unwrap();
        assert!(refused(&forged.finish().unwrap().0, "base/x.age"), "forged");
    }

    #[test]
    fn a_target_that_fails_is_not_taken_for_a_forger() {
        struct Fails<'a>(&'a [u8]);
        impl Read for Fails<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() { Err(io::Error::other("gone")) } else { self.0.read(out) }
            }
        }
        let identity = new_identity();
        let object = sealed(&[1; 10_000], "x", &identity);
        for at in [0, 10, object.len() / 2, object.len() - 3] {
            let outcome = open(Fails(&object[..at]), "x", &identity, &mut Vec::new());
            assert!(matches!(outcome, Err(Broken::Io(_))), "at {at}: {outcome:?}");
        }
    }
}
