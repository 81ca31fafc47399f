//! The conversation with the bootstrap script: sudo's question, the ready line, the upload if it is needed.
//!
//! Nothing but the password is sent before the ready line, and nothing after the program before its receipt, so no tool
//! on the host can read bytes that are meant for the next one.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::bootstrap::{self, Ready, diagnose, find_line, prompts, tail};
use crate::channel::{Exec, Exit, within};
use crate::error::{Error, Phase, SudoReason};
use crate::pipe::HelperPipe;
use crate::program::Program;
use crate::session::Session;
use crate::target::{Sudo, Target};

/// More than any login banner; a shell that prints this much before our line is not one that we can use.
const NOISE_MAX: usize = 256 * 1024;

/// Beyond this round trip the link is assumed to be slower than compressing is.
const NEAR: Duration = Duration::from_millis(5);

/// How much is sent between two looks at the clock.
const STRIDE: usize = 1024 * 1024;

pub(crate) async fn start(session: &Session, program: &Program, dir: &str) -> Result<HelperPipe, Error> {
    let target = session.target();
    let command = bootstrap::command(program, dir, target.sudo.as_ref())?;
    let exec = session.exec(&command).await?;
    let mut starting = Starting { session, target, exec, output: BytesMut::new() };

    let limit = session.limits().start;
    let ready = within(limit, starting.ready()).await.ok_or_else(|| starting.silence())??;
    let host = || target.host.clone();
    if !ready.root {
        return Err(Error::NotRoot { host: host(), user: target.user.clone() });
    }
    if let Some(built_for) = program.architecture()
        && built_for != ready.architecture
    {
        return Err(Error::Architecture { host: host(), remote: ready.architecture, program: built_for.into() });
    }
    let mut uploaded = None;
    if !ready.have {
        uploaded = Some(starting.upload(program, dir).await?);
    }
    Ok(HelperPipe::new(session.clone(), starting.exec, starting.output, uploaded))
}

struct Starting<'a> {
    session: &'a Session,
    target: &'a Target,
    exec: Exec,
    output: BytesMut,
}

impl Starting<'_> {
    async fn ready(&mut self) -> Result<Ready, Error> {
        let mut stderr = self.exec.control.stderr_seen();
        let mut answered = false;
        loop {
            if let Some((rest, used)) = find_line(&self.output, "quorate-ready") {
                let _ = self.output.split_to(used);
                return Ready::parse(&rest).ok_or_else(|| self.noise());
            }
            if self.output.len() > NOISE_MAX {
                return Err(self.noise());
            }
            tokio::select! {
                chunk = self.exec.stdout.next() => match chunk {
                    Some(chunk) => self.output.extend_from_slice(&chunk),
                    None => return Err(self.ended().await),
                },
                _ = stderr.changed() => match (prompts(&self.exec.stderr()), &self.target.sudo) {
                    (1, Some(Sudo::Password(password))) if !answered => {
                        answered = true;
                        let line = Bytes::from(format!("{}\n", password.expose()));
                        // A failure shows as the end of the output, with the reason beside it.
                        let _ = self.exec.control.send(line).await;
                    }
                    (0 | 1, _) => {}
                    _ => return Err(self.sudo(SudoReason::PasswordWrong)),
                },
            }
        }
    }

    /// Returns how many bytes went over the wire.
    async fn upload(&mut self, program: &Program, dir: &str) -> Result<u64, Error> {
        let near = self.session.round_trip().is_some_and(|time| time < NEAR);
        let (how, body) = if near { ("plain", program.bytes().clone()) } else { ("gzip", program.gzip().await) };
        tracing::debug!(host = self.target.host, how, bytes = body.len(), "uploading the helper");

        let limit = self.session.limits().start;
        let control = self.exec.control.clone();
        let size = body.len() as u64;
        let sending = async move {
            let mut rest = body;
            let mut next = Bytes::from(format!("{how} {size}\n"));
            while !next.is_empty() {
                match within(limit, control.send(next)).await {
                    Some(Ok(())) => next = rest.split_to(rest.len().min(STRIDE)),
                    // The script has ended; its last words say why.
                    Some(Err(_)) => return true,
                    None => return false,
                }
            }
            true
        };
        tokio::pin!(sending);
        let mut sent = false;
        loop {
            if let Some((_, used)) = find_line(&self.output, "quorate-ok") {
                let _ = self.output.split_to(used);
                return Ok(size);
            }
            if let Some((step, _)) = find_line(&self.output, "quorate-failed") {
                return Err(self.not_installed(dir, &step).await);
            }
            tokio::select! {
                moved = &mut sending, if !sent => match moved {
                    true => sent = true,
                    false => return Err(self.session.timeout(Phase::Upload)),
                },
                chunk = self.exec.stdout.next() => match chunk {
                    Some(chunk) => self.output.extend_from_slice(&chunk),
                    None => return Err(self.ended().await),
                },
                () = tokio::time::sleep(limit), if sent => return Err(self.session.timeout(Phase::Upload)),
            }
        }
    }

    async fn not_installed(&mut self, dir: &str, step: &str) -> Error {
        // What the tools said may still be on its way.
        let _ = within(Duration::from_secs(1), self.exec.wait()).await;
        let step = match step {
            "directory" => "making the directory",
            "write" => "writing the file",
            "checksum" => "checking the content, which arrived damaged",
            "install" => "moving the file into place",
            other => other,
        };
        let (host, dir) = (self.target.host.clone(), dir.to_owned());
        Error::Upload { host, dir, step: step.to_owned(), output: tail(&self.exec.stderr()) }
    }

    async fn ended(&mut self) -> Error {
        let exit = self.exec.wait().await;
        diagnose(self.target, exit, &String::from_utf8_lossy(&self.output), &self.exec.stderr())
    }

    /// Nothing recognisable within the limit: what was said may tell an operator more than the clock does.
    fn silence(&self) -> Error {
        let said = tail(&format!("{}\n{}", String::from_utf8_lossy(&self.output), self.exec.stderr()));
        if self.target.sudo.is_some() && !said.is_empty() {
            return self.sudo(SudoReason::Other(format!("it neither ran the command nor refused; it said: {said}")));
        }
        self.session.timeout(Phase::Start)
    }

    fn noise(&self) -> Error {
        let output = tail(&String::from_utf8_lossy(&self.output));
        let exit = Exit::Lost("it wrote something else".into());
        Error::Shell { host: self.target.host.clone(), user: self.target.user.clone(), exit, output }
    }

    fn sudo(&self, reason: SudoReason) -> Error {
        Error::Sudo { host: self.target.host.clone(), user: self.target.user.clone(), reason }
    }
}
