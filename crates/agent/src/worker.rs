//! Threads that look at the host for as long as the agent lives.

use std::thread;

use crate::Error;

/// Starts a thread whose end by a panic ends the process: systemd starts it anew, while a thread that is missing
/// would leave an agent that says "no" for ever.
pub fn start(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    struct Alarm;
    impl Drop for Alarm {
        fn drop(&mut self) {
            if thread::panicking() {
                std::process::abort();
            }
        }
    }
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _alarm = Alarm;
            work();
        })
        .map(drop)
        .map_err(|source| Error::Start { what: name, source })
}
