//! The host itself, reset without a word to anybody.

use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use rustix::system::{RebootCommand, reboot};

use super::cut;

/// Long enough for the answer to reach the operator: from then on it knows that the silence is the fault.
const ANSWER: Duration = Duration::from_millis(200);
/// There when systemd runs in a container.
const CONTAINER: &str = "/run/systemd/container";
const SYSRQ: &str = "/proc/sysrq-trigger";

/// Resets the host in a moment. Nothing is synced, nothing is stopped.
pub fn reset_soon(id: &str) {
    let id = id.to_owned();
    thread::spawn(move || {
        thread::sleep(ANSWER);
        // In a container this file, where it can be written at all, is the machine's around it.
        if !Path::new(CONTAINER).exists() && fs::write(SYSRQ, "b").is_ok() {
            return;
        }
        // Without it, or in a container, the kernel ends all processes and closes their connections politely; nobody
        // is to hear of that. A host without nftables resets all the same.
        let _ = cut::silence(&id);
        if let Err(error) = reboot(RebootCommand::Restart) {
            eprintln!("quorate helper: cannot reset the host: {error}");
        }
    });
}
