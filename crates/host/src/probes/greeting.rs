//! Whether a MariaDB server greets: seen through whatever stands in between, such as a load balancer.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use wire::Note;

use super::{LIMIT, Seen};

/// First byte of a greeting (the protocol's version), and of an error in its place.
const VERSION_10: u8 = 10;
const ERROR: u8 = 0xff;
/// "Host is not allowed to connect": the server is there, no account of it is for this host.
const NO_ACCOUNT_HERE: u16 = 1130;

pub(super) fn greets(address: SocketAddr) -> Seen {
    match first_packet(address) {
        Err(error) => Seen::bad(Note::new("sql-silent").with("address", address).with("error", error)),
        Ok(packet) => match packet.split_first() {
            Some((&VERSION_10, rest)) => {
                let version: Vec<_> = rest.iter().copied().take_while(|b| *b != 0).collect();
                Seen::good().reading("version", String::from_utf8_lossy(&version))
            }
            // An error packet: its number in two bytes, then words.
            Some((&ERROR, [low, high, ..])) if u16::from_le_bytes([*low, *high]) == NO_ACCOUNT_HERE => Seen::good(),
            Some((&ERROR, rest)) => {
                let words = String::from_utf8_lossy(rest.get(2..).unwrap_or_default()).into_owned();
                Seen::bad(Note::new("sql-refuses").with("address", address).with("error", words))
            }
            _ => Seen::bad(Note::new("sql-stranger").with("address", address)),
        },
    }
}

fn first_packet(address: SocketAddr) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + LIMIT;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    // A deadline that has passed leaves the shortest wait there is: none at all would mean for ever.
    let left = deadline.saturating_duration_since(Instant::now()).max(std::time::Duration::from_millis(1));
    stream.set_read_timeout(Some(left))?;
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let length = usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
    let mut packet = vec![0; length.min(1024)];
    stream.read_exact(&mut packet)?;
    Ok(packet)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    fn greeting(bytes: &'static [u8]) -> Seen {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || listener.accept().unwrap().0.write_all(bytes).unwrap());
        greets(address)
    }

    #[test]
    fn only_a_greeting_counts() {
        assert_eq!(greeting(b"\x0a\0\0\0\x0a10.11.1\0x").readings["version"], "10.11.1");
        let refused = greeting(b"\x06\0\0\0\xff\x10\x04bye").note.unwrap();
        assert_eq!((refused.code.as_str(), refused.args["error"].as_str()), ("sql-refuses", "bye"));
        assert!(greeting(b"\x06\0\0\0\xff\x6a\x04bye").ok);
        assert_eq!(greeting(b"SSH-2.0-whoever_it_is").note.unwrap().code, "sql-silent");
        assert_eq!(greeting(b"\x02\0\0\0hi").note.unwrap().code, "sql-stranger");
        assert_eq!(greeting(b"").note.unwrap().code, "sql-silent");
    }
}
