//! The primary's virtual IP: held with a life that the kernel itself ends, and announced.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::net::if_::if_nametoindex;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, sendto, socket};

use super::Gate;
use super::netlink::{self, Address};
use crate::clock;
use crate::error::Error;

/// A virtual IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vip {
    pub address: IpAddr,
    pub prefix: u8,
    pub interface: String,
}

impl Vip {
    /// Holds the address until this moment, rounded up to a second, or longer when asked again before.
    pub fn hold(&self, until: Duration) -> Result<(), Error> {
        let life = seconds(until.saturating_sub(clock::now()));
        netlink::hold(&self.on_link()?, life).map_err(|e| self.failed(&e))
    }

    /// Gives the address up, if it is held. Who asks for it here afterwards is refused by the gate.
    pub fn withdraw(&self, gate: &Gate) -> Result<(), Error> {
        if !self.held() {
            return Ok(());
        }
        if let Err(error) = gate.farewell_to(self.address) {
            tracing::warn!(%error, "clients of the address will wait longer");
        }
        let gone = netlink::leave(&self.on_link()?);
        // Its life may just have ended.
        if gone.is_err() && !self.held() { Ok(()) } else { gone.map_err(|e| self.failed(&e)) }
    }

    fn held(&self) -> bool {
        nix::ifaddrs::getifaddrs().is_ok_and(|mut all| {
            all.any(|i| {
                let found = i.address.as_ref();
                let v4 = found.and_then(|a| a.as_sockaddr_in()).map(|a| IpAddr::V4(a.ip()));
                let v6 = found.and_then(|a| a.as_sockaddr_in6()).map(|a| IpAddr::V6(a.ip()));
                v4.or(v6) == Some(self.address)
            })
        })
    }

    fn on_link(&self) -> Result<Address, Error> {
        let interface = if_nametoindex(self.interface.as_str()).map_err(|e| self.failed(&e.into()))?;
        let bytes = match self.address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        Ok(Address { bytes, prefix: self.prefix, interface })
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::Damaged(format!("{}/{} on {}: {error}", self.address, self.prefix, self.interface))
    }
}

/// The kernel counts such lives in seconds, and takes 0 for an address that is no more.
fn seconds(left: Duration) -> u32 {
    let whole = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    // All ones would be for ever.
    u32::try_from(whole.max(1)).unwrap_or(u32::MAX - 1)
}

/// Tells everybody on the segment who has the address now: by gratuitous ARP (RFC 5227 section 3, as a request and as an
/// answer, for some listen only to one of them), or by an unsolicited neighbour advertisement (RFC 4861 section 7.2.6),
/// which the kernel sends only where `ndisc_notify` is set.
pub fn announce(vip: &Vip) -> Result<(), Error> {
    let failed = |e: nix::Error| Error::Damaged(format!("announcing {} on {}: {e}", vip.address, vip.interface));
    let link = link(&vip.interface).map_err(failed)?;
    let Some(hardware) = link.addr() else { return Err(failed(nix::Error::EADDRNOTAVAIL)) };
    let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None).map_err(failed)?;
    let frames = match vip.address {
        IpAddr::V4(address) => [REQUEST, REPLY].map(|operation| frame(hardware, address, operation)).to_vec(),
        IpAddr::V6(address) => vec![advertisement(hardware, address)],
    };
    for frame in frames {
        sendto(socket.as_raw_fd(), &frame, &link, MsgFlags::MSG_DONTWAIT).map_err(failed)?;
    }
    Ok(())
}

/// An interface's own link address; it holds the number by which the kernel knows the interface.
fn link(interface: &str) -> nix::Result<LinkAddr> {
    let mut all = nix::ifaddrs::getifaddrs()?;
    let found = all.find_map(|i| {
        let link = i.address.as_ref().and_then(|a| a.as_link_addr()).copied();
        link.filter(|_| i.interface_name == interface)
    });
    found.ok_or(nix::Error::ENODEV)
}

const REQUEST: u8 = 1;
const REPLY: u8 = 2;

/// An ARP frame (RFC 826) to everybody, in which an address speaks of itself.
fn frame(hardware: [u8; 6], address: Ipv4Addr, operation: u8) -> Vec<u8> {
    const EVERYBODY: [u8; 6] = [0xff; 6];
    const ARP: [u8; 2] = [0x08, 0x06];
    const ETHERNET_AND_IPV4: [u8; 6] = [0x00, 0x01, 0x08, 0x00, 6, 4];
    let target = if operation == REQUEST { [0; 6] } else { EVERYBODY };
    let address = address.octets();
    [&EVERYBODY[..], &hardware, &ARP, &ETHERNET_AND_IPV4, &[0, operation], &hardware, &address, &target, &address]
        .concat()
}

/// A neighbour advertisement (RFC 4861 section 4.4) to all nodes, which replaces what they know of the address.
fn advertisement(hardware: [u8; 6], address: Ipv6Addr) -> Vec<u8> {
    const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    const ALL_NODES_LINK: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
    const IPV6: [u8; 2] = [0x86, 0xdd];
    const ICMPV6: u8 = 58;
    // Only from the own link, where nobody has counted it down.
    const HOPS: u8 = 255;
    const ADVERTISEMENT: [u8; 2] = [136, 0];
    const OVERRIDE: [u8; 4] = [0x20, 0, 0, 0];
    // Its own link address, in units of eight bytes.
    const TARGET_LINK: [u8; 2] = [2, 1];
    let (source, target) = (address.octets(), ALL_NODES.octets());
    let message = |checksum: u16| {
        let checksum = checksum.to_be_bytes();
        [&ADVERTISEMENT[..], &checksum, &OVERRIDE, &source, &TARGET_LINK, &hardware].concat()
    };
    let blank = message(0);
    let length = u16::try_from(blank.len()).unwrap_or_default().to_be_bytes();
    // What the sum covers besides (RFC 8200 section 8.1).
    let pseudo = [&source[..], &target, &[0, 0], &length, &[0, 0, 0, ICMPV6]].concat();
    let message = message(internet_checksum(&[pseudo, blank].concat()));
    let header = [&[0x60, 0, 0, 0][..], &length, &[ICMPV6, HOPS], &source, &target].concat();
    [&ALL_NODES_LINK[..], &hardware, &IPV6, &header, &message].concat()
}

/// The Internet's checksum (RFC 1071).
fn internet_checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| match *pair {
        [high, low] => u16::from_be_bytes([high, low]),
        [high] => u16::from_be_bytes([high, 0]),
        _ => 0,
    };
    !bytes.chunks(2).map(word).fold(0, |sum: u16, word| {
        let (sum, carry) = sum.overflowing_add(word);
        sum + u16::from(carry)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_never_shorter_than_what_is_left() {
        assert_eq!(seconds(Duration::from_millis(3500)), 4);
        assert_eq!(seconds(Duration::from_secs(3)), 3);
        assert_eq!(seconds(Duration::ZERO), 1);
    }

    #[test]
    fn an_ipv6_announcement_is_an_advertisement_that_replaces_what_was_known() {
        let frame = advertisement([2, 0, 0, 0, 0, 9], "fd00::7".parse().unwrap());
        assert_eq!(frame.len(), 14 + 40 + 32);
        assert_eq!(&frame[..14], &[0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd]);
        assert_eq!(&frame[14..22], &[0x60, 0, 0, 0, 0, 32, 58, 255]);
        let (addresses, message) = (&frame[22..54], &frame[54..]);
        assert_eq!(&message[..2], &[136, 0]);
        assert_eq!(message[4], 0x20);
        assert_eq!(&message[8..24], &addresses[..16], "of the address itself");
        assert_eq!(&message[24..], &[2, 1, 2, 0, 0, 0, 0, 9]);
        // Whoever sums what arrives, the checksum included, gets nothing.
        assert_eq!(internet_checksum(&[addresses, &[0, 0, 0, 32, 0, 0, 0, 58], message].concat()), 0);
    }

    #[test]
    fn an_announcement_is_an_arp_frame_of_the_address_about_itself() {
        let frame = frame([2, 0, 0, 0, 0, 9], Ipv4Addr::new(10, 0, 0, 7), REQUEST);
        assert_eq!(frame.len(), 42);
        assert_eq!(&frame[..14], &[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6]);
        assert_eq!(&frame[14..22], &[0, 1, 8, 0, 6, 4, 0, 1]);
        assert_eq!(&frame[22..], &[2, 0, 0, 0, 0, 9, 10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 10, 0, 0, 7]);
    }
}
