//! Whether this host holds an address: asked of the kernel.

use std::net::IpAddr;

use wire::Note;

use super::Seen;

/// Never a failure in itself: how many hosts hold the address is counted by whoever asks all of them.
pub(super) fn address(address: IpAddr) -> Seen {
    match nix::ifaddrs::getifaddrs() {
        Ok(mut interfaces) => {
            let here = interfaces.find(|i| {
                let Some(found) = i.address.as_ref() else { return false };
                let v4 = found.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
                let v6 = found.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip()));
                v4.or(v6) == Some(address)
            });
            let seen = Seen::good().reading("holds", if here.is_some() { "yes" } else { "no" });
            match here {
                Some(interface) => seen.reading("interface", interface.interface_name),
                None => seen,
            }
        }
        Err(error) => {
            Seen { ok: true, note: Some(Note::new("addresses-unknown").with("error", error)), ..Seen::default() }
        }
    }
}
