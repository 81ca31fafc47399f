//! One life of the server as a replica: what it acknowledged in it, it still has.
//!
//! systemd's invocation names the process; a random part that lies beside it changes whenever what was received may be
//! thrown away, and before it is.

use std::path::Path;
use std::{fs, io};

use super::RUN;
use crate::error::Error;

const FILE: &str = "mariadb-instance";

/// The instance now; `None` while no process of the unit is known.
pub fn now(unit: &str) -> Option<String> {
    let invocation = fs::read_link(format!("/run/systemd/units/invocation:{unit}")).ok()?;
    let part = fs::read_to_string(Path::new(RUN).join(FILE)).unwrap_or_default();
    Some(named(&invocation.to_string_lossy(), part.trim()))
}

fn named(invocation: &str, part: &str) -> String {
    if part.is_empty() { invocation.to_owned() } else { format!("{invocation}-{part}") }
}

/// Begins another instance; what to give to [`keep`] if it turns out that nothing was thrown away.
pub fn renew() -> Result<String, Error> {
    let path = Path::new(RUN).join(FILE);
    let before = fs::read_to_string(&path).unwrap_or_default();
    set(&random()?)?;
    Ok(before)
}

/// Goes back to the instance that [`renew`] ended.
pub fn keep(before: &str) -> Result<(), Error> {
    set(before.trim())
}

fn set(part: &str) -> Result<(), Error> {
    let path = Path::new(RUN).join(FILE);
    let aside = path.with_extension("new");
    fs::create_dir_all(RUN)
        .and_then(|()| fs::write(&aside, part))
        .and_then(|()| fs::rename(&aside, &path))
        .map_err(Error::file("writing", path))
}

/// 64 bits as text.
pub fn random() -> Result<String, Error> {
    let mut bytes = [0u8; 8];
    let read = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    read.map_err(|e| Error::file("reading random bytes for", FILE)(io::Error::from(e)))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_named_by_process_and_part() {
        assert_eq!(named("0a1b", ""), "0a1b");
        assert_eq!(named("0a1b", "77"), "0a1b-77");
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
