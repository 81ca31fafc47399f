//! The kernel told directly what `nft` and `ip` would tell it: elements of the gate's sets, the life of an address.
//!
//! Both programs cost milliseconds of a core each time they start, several times in every second of a primary's life and
//! in every step of a failover. The form is the kernel's public one (rtnetlink(7); libnftnl's `set_elem.c` for the sets).

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

/// Of `linux/netlink.h`.
const REQUEST: u16 = 0x001;
const ACK: u16 = 0x004;
const REPLACE: u16 = 0x100;
const CREATE: u16 = 0x400;
const NESTED: u16 = 0x8000;
const ERROR: u16 = 2;
/// Of `linux/netfilter/nfnetlink.h`: what lies between these two is one transaction.
const BEGIN: u16 = 16;
const END: u16 = 17;
const TABLES: u16 = 10;
/// Of `linux/netfilter/nf_tables.h`, in that subsystem.
const NEW_ELEMENT: u16 = (TABLES << 8) | 12;
const DELETE_ELEMENT: u16 = (TABLES << 8) | 14;
const INET: u8 = 1;
/// Of `linux/rtnetlink.h`.
const NEW_ADDRESS: u16 = 20;
const DELETE_ADDRESS: u16 = 21;

/// Of `linux/if_addr.h`: nobody is asked first whether he has the address.
const NO_DETECTION: u8 = 0x02;

/// A change of a set of the packet filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change<'s> {
    /// An element is in the set, for this long if that is said; one that is there already keeps its end.
    Put { set: &'s str, key: Vec<u8>, life: Option<Duration> },
    /// An element that is there is no more.
    Take { set: &'s str, key: Vec<u8> },
    /// The set is empty.
    Empty { set: &'s str },
}

/// Carries all changes out in one transaction, or none.
pub(super) fn change(table: &str, changes: &[Change<'_>]) -> io::Result<()> {
    exchange(SockProtocol::NetlinkNetFilter, &transaction(table, changes), u32::try_from(changes.len()).unwrap_or(0))
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// In the order of the network.
    pub bytes: Vec<u8>,
    pub prefix: u8,
    /// The interface, as the kernel numbers it.
    pub interface: u32,
}

/// Gives an interface an address for so many seconds from now, whether or not it has it already.
pub(super) fn hold(address: &Address, seconds: u32) -> io::Result<()> {
    exchange(SockProtocol::NetlinkRoute, &holding(address, seconds), 1)
}

/// Takes an address from an interface.
pub(super) fn leave(address: &Address) -> io::Result<()> {
    let mut message = Message::new(DELETE_ADDRESS, REQUEST | ACK, 1, &address.header());
    message.attribute(LOCAL, &address.bytes);
    exchange(SockProtocol::NetlinkRoute, &message.done(), 1)
}

fn transaction(table: &str, changes: &[Change<'_>]) -> Vec<u8> {
    // The family, a version, and in the order of the network which subsystem this is for.
    let frame = [0, 0, 0, u8::try_from(TABLES).unwrap_or_default()];
    let mut all = Message::new(BEGIN, REQUEST, 0, &frame).done();
    for (number, change) in (1..).zip(changes) {
        let (kind, flags, set) = match change {
            Change::Put { set, .. } => (NEW_ELEMENT, CREATE, set),
            Change::Take { set, .. } | Change::Empty { set } => (DELETE_ELEMENT, 0, set),
        };
        let mut message = Message::new(kind, REQUEST | ACK | flags, number, &[INET, 0, 0, 0]);
        message.attribute(1, &terminated(table));
        message.attribute(2, &terminated(set));
        if let Change::Put { key, .. } | Change::Take { key, .. } = change {
            message.nested(3, |list| {
                list.nested(1, |element| {
                    element.nested(1, |data| data.attribute(1, key));
                    if let Change::Put { life: Some(life), .. } = change {
                        let millis = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
                        element.attribute(4, &millis.to_be_bytes());
                    }
                });
            });
        }
        all.extend(message.done());
    }
    all.extend(Message::new(END, REQUEST, 0, &frame).done());
    all
}

/// Of `linux/socket.h` and `linux/if_addr.h`.
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
const LIFE: u16 = 6;

impl Address {
    fn header(&self) -> [u8; 8] {
        // Another host may have had it a moment ago: IPv6 would ask first whether somebody still has, IPv4 never does.
        let (family, flags) = if self.bytes.len() == 4 { (AF_INET, 0) } else { (AF_INET6, NO_DETECTION) };
        let [a, b, c, d] = self.interface.to_ne_bytes();
        // 0: the widest scope.
        [family, self.prefix, flags, 0, a, b, c, d]
    }
}

fn holding(address: &Address, seconds: u32) -> Vec<u8> {
    let mut message = Message::new(NEW_ADDRESS, REQUEST | ACK | CREATE | REPLACE, 1, &address.header());
    message.attribute(LOCAL, &address.bytes);
    message.attribute(ADDRESS, &address.bytes);
    // How long it is preferred and how long valid; when it was made and changed is the kernel's to say.
    message.attribute(LIFE, &[seconds, seconds, 0, 0].map(u32::to_ne_bytes).concat());
    message.done()
}

/// Sends messages, and hears that the last one of them, and so each of them, was carried out.
fn exchange(protocol: SockProtocol, messages: &[u8], last: u32) -> io::Result<()> {
    let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)?;
    let socket = socket.as_fd().as_raw_fd();
    send(socket, messages, MsgFlags::empty())?;
    let mut buffer = [0; 8192];
    // The kernel has answered when the sending returns.
    while let Ok(length) = recv(socket, &mut buffer, MsgFlags::MSG_DONTWAIT) {
        for (number, errno) in answers(buffer.get(..length).unwrap_or_default()) {
            if errno != 0 {
                return Err(io::Error::from_raw_os_error(errno));
            }
            if number == last {
                return Ok(());
            }
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the kernel has not said whether it was done"))
}

/// Each answer's number and error; 0: none.
fn answers(mut bytes: &[u8]) -> Vec<(u32, i32)> {
    let mut found = vec![];
    let word = |bytes: &[u8], at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    while let (Some(length), Some(kind), Some(number)) = (word(bytes, 0), word(bytes, 4), word(bytes, 8)) {
        let [low, high, ..] = kind.to_ne_bytes();
        if u16::from_ne_bytes([low, high]) == ERROR {
            let errno = word(bytes, HEADER).map_or(0, |e| i32::from_ne_bytes(e.to_ne_bytes()));
            found.push((number, errno.saturating_neg()));
        }
        let next = padded(usize::try_from(length).unwrap_or(usize::MAX)).max(HEADER);
        bytes = bytes.get(next..).unwrap_or_default();
    }
    found
}

/// Of a message's header.
const HEADER: usize = 16;

fn padded(length: usize) -> usize {
    length.saturating_add(3) & !3
}

fn terminated(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0]].concat()
}

/// A message under construction, or what is nested in one.
struct Message(Vec<u8>);

impl Message {
    fn new(kind: u16, flags: u16, number: u32, header: &[u8]) -> Self {
        let (kind, flags) = (kind.to_ne_bytes(), flags.to_ne_bytes());
        // Its length comes last; the sender is the kernel's to fill in.
        Self([&[0; 4][..], &kind, &flags, &number.to_ne_bytes(), &[0; 4], header].concat())
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.0.extend([length.to_ne_bytes(), kind.to_ne_bytes()].concat());
        self.0.extend(value);
        self.0.resize(padded(self.0.len()), 0);
    }

    fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let mut inside = Self(vec![]);
        fill(&mut inside);
        self.attribute(kind | NESTED, &inside.0);
    }

    fn done(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_ne_bytes();
        self.0.iter_mut().zip(length).for_each(|(byte, new)| *byte = new);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In words of four bytes.
    fn hex(bytes: &[u8]) -> String {
        let word = |word: &[u8]| word.iter().map(|b| format!("{b:02x}")).collect::<String>();
        bytes.chunks(4).map(word).collect::<Vec<_>>().join(" ")
    }

    /// As `nft` sends it, but that each change is to be answered, and the end of an element follows its key.
    #[test]
    fn changes_of_a_set_are_one_transaction() {
        let life = Some(Duration::from_millis(3500));
        let key = || 3306_u16.to_be_bytes().to_vec();
        let changes = [
            Change::Put { set: "open", key: key(), life },
            Change::Take { set: "open", key: key() },
            Change::Empty { set: "open" },
        ];
        let names = "06000100 74000000 09000200 6f70656e 00000000";
        assert_eq!(
            hex(&transaction("t", &changes)),
            [
                "14000000 10000100 00000000 00000000 0000000a",
                &format!("48000000 0c0a0504 01000000 00000000 01000000 {names} 20000380 1c000180"),
                "0c000180 06000100 0cea0000 0c000400 00000000 00000dac",
                &format!("3c000000 0e0a0500 02000000 00000000 01000000 {names} 14000380 10000180"),
                "0c000180 06000100 0cea0000",
                &format!("28000000 0e0a0500 03000000 00000000 01000000 {names}"),
                "14000000 11000100 00000000 00000000 0000000a",
            ]
            .join(" ")
        );
    }

    /// As `ip address replace` sends it.
    #[test]
    fn an_address_is_held_for_a_while() {
        let four = Address { bytes: vec![10, 0, 0, 7], prefix: 24, interface: 2 };
        assert_eq!(
            hex(&holding(&four, 4)),
            "3c000000 14000505 01000000 00000000 02180000 02000000 08000200 0a000007 08000100 0a000007 \
             14000600 04000000 04000000 00000000 00000000"
        );
        let six = Address { bytes: vec![0xfd; 16], prefix: 64, interface: 2 };
        assert!(hex(&holding(&six, 4)).starts_with("54000000 14000505 01000000 00000000 0a400200 02000000 14000200"));
    }

    #[test]
    fn the_kernels_answers_are_understood() {
        let answer = |number: u32, errno: i32| {
            let mut message = Message::new(ERROR, 0, number, &errno.to_ne_bytes());
            // What was asked comes back with it.
            message.attribute(1, &[0; 5]);
            message.done()
        };
        assert_eq!(answers(&[answer(1, 0), answer(2, -2)].concat()), [(1, 0), (2, 2)]);
        assert_eq!(answers(&[0; 3]), []);
        assert_eq!(answers(&[0; 40]), []);
    }

    /// A kernel that is asked for what nobody may do, or is not there, says so.
    #[test]
    fn what_is_not_done_is_an_error() {
        let nowhere = Address { bytes: vec![192, 0, 2, 1], prefix: 32, interface: 0x7fff_fff0 };
        assert!(leave(&nowhere).is_err());
        assert!(change("quorate_no_such_table", &[Change::Empty { set: "none" }]).is_err());
    }
}
