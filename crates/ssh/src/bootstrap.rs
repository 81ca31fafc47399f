//! The script before the helper: its text for one program, what it prints, and what went wrong if it prints nothing.
//! Decisions only; `upload` does the talking.

use crate::channel::Exit;
use crate::error::{Error, SudoReason};
use crate::program::Program;
use crate::target::{Sudo, Target};

/// What sudo is told to ask with: nothing else prints it, so the password is sent only when sudo waits for it.
pub(crate) const PROMPT: &str = "quorate-sudo-password:";

/// The modification time that marks a verified helper, in seconds since 1970.
const MTIME: u64 = 1_000_000_000;

const SCRIPT: &str = include_str!("bootstrap.sh");

/// The remote command.
pub(crate) fn command(program: &Program, dir: &str, sudo: Option<&Sudo>) -> Result<String, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if !dir.starts_with('/') || !dir.chars().all(plain) {
        return Err(Error::Input(format!(
            "the helper's directory {dir:?} must be absolute and of letters, digits, '/', '.', '_' and '-'"
        )));
    }
    let script: String = SCRIPT.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let script = script
        .replace("@SHA256@", program.sha256())
        .replace("@SIZE@", &program.bytes().len().to_string())
        .replace("@MTIME@", &MTIME.to_string())
        .replace("@DIR@", dir);
    // `env` because not every login shell sets a variable for one command; the C locale because answers are read.
    Ok(match sudo {
        None => format!("sh -c '{script}'"),
        Some(Sudo::NoPassword) => format!("env LC_ALL=C sudo -n sh -c '{script}'"),
        Some(Sudo::Password(_)) => format!("env LC_ALL=C sudo -S -p {PROMPT} sh -c '{script}'"),
    })
}

/// The script's first line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub root: bool,
    pub architecture: String,
    pub have: bool,
}

/// Finds the first line that begins with `word`, after whatever a login shell may have printed; returns the rest of it
/// and how many bytes are used up.
pub(crate) fn find_line(text: &[u8], word: &str) -> Option<(String, usize)> {
    let mut start = 0;
    for (end, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let line = text.get(start..end)?;
        if let Some(rest) = line.strip_prefix(word.as_bytes()) {
            return Some((String::from_utf8_lossy(rest).trim().to_owned(), end + 1));
        }
        start = end + 1;
    }
    None
}

impl Ready {
    pub(crate) fn parse(rest: &str) -> Option<Self> {
        let mut words = rest.split_whitespace();
        let (uid, architecture, state) = (words.next()?, words.next()?, words.next()?);
        Some(Self { root: uid == "0", architecture: architecture.to_owned(), have: state == "have" })
    }
}

/// How often sudo has asked: a second time means that the first answer was wrong.
pub(crate) fn prompts(stderr: &str) -> usize {
    stderr.matches(PROMPT).count()
}

/// Why the command ended before it was ready.
pub(crate) fn diagnose(target: &Target, exit: Exit, stdout: &str, stderr: &str) -> Error {
    let (host, user) = (target.host.clone(), target.user.clone());
    match exit {
        Exit::Lost(reason) => return Error::Lost { host, reason },
        Exit::Refused => {
            return Error::Refused { host, user, reason: "it allows this account no commands".into() };
        }
        Exit::Status(_) | Exit::Signal(_) => {}
    }
    let reason = target.sudo.as_ref().and_then(|_| sudo_reason(&exit, stderr));
    match reason {
        Some(reason) => Error::Sudo { host, user, reason },
        None => Error::Shell { host, user, exit, output: tail(&format!("{stdout}\n{stderr}")) },
    }
}

fn sudo_reason(exit: &Exit, stderr: &str) -> Option<SudoReason> {
    let said = |text: &str| stderr.lines().find(|line| line.contains(text)).map(|line| line.replace(PROMPT, ""));
    if said("you must have a tty").is_some() {
        return Some(SudoReason::NeedsTty);
    }
    // The last of them, and "interactive authentication" below, are the words of sudo-rs.
    for refusal in ["is not in the sudoers file", "is not allowed to", "may not run sudo", "afraid I can't do that"] {
        if let Some(line) = said(refusal) {
            return Some(SudoReason::NotAllowed(line.trim().to_owned()));
        }
    }
    if said("incorrect password").is_some() || said("Sorry, try again").is_some() {
        return Some(SudoReason::PasswordWrong);
    }
    if said("a password is required").is_some() || said("interactive authentication is required").is_some() {
        return Some(SudoReason::PasswordNeeded);
    }
    // 127: `env` found no sudo.
    if *exit == Exit::Status(127) && stderr.contains("sudo") {
        return Some(SudoReason::Missing);
    }
    said("sudo:").map(|line| SudoReason::Other(line.trim().to_owned()))
}

/// The end of what a tool said, short enough for one message.
pub(crate) fn tail(text: &str) -> String {
    const LINES: usize = 6;
    const CHARS: usize = 600;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join(" | ").replace(PROMPT, "");
    let skip = text.chars().count().saturating_sub(CHARS);
    text.chars().skip(skip).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Auth;
    use rstest::rstest;
    use secret::Secret;

    fn target(sudo: Option<Sudo>) -> Target {
        Target {
            host: "node1".into(),
            address: "10.0.0.1".parse().unwrap(),
            port: 22,
            user: "ops".into(),
            auth: Auth::Password(Secret::new("x".into())),
            sudo,
            bastion: None,
        }
    }

    #[test]
    fn survives_one_level_of_quoting_and_holds_no_secret() {
        let program = Program::new(b"x".as_slice());
        let sudo = Sudo::Password(Secret::new("hunter2".into()));
        let command = command(&program, "/var/lib/quorate/bin", Some(&sudo)).unwrap();
        assert_eq!(command.matches('\'').count(), 2);
        assert!(!command.contains("\\\\") && !command.contains("\\'"));
        assert!(!command.contains("hunter2") && !command.contains("@SHA") && !command.contains("@DIR"));
        assert!(command.contains("touch -d @1000000000 "));
    }

    #[rstest]
    #[case("relative")]
    #[case("/with space")]
    #[case("/with'quote")]
    #[case("/with$dollar")]
    fn refuses_a_directory_that_a_shell_would_read(#[case] dir: &str) {
        assert!(matches!(command(&Program::new(b"x".as_slice()), dir, None), Err(Error::Input(_))));
    }

    #[rstest]
    #[case::plain("\nquorate-ready 0 x86_64 have\n", Some((true, true)))]
    #[case::profile_talks("hello\nwelcome\nquorate-ready 0 x86_64 need\n", Some((true, false)))]
    #[case::not_root("\nquorate-ready 1000 x86_64 need\n", Some((false, false)))]
    #[case::half("\nquorate-ready 0 x86", None)]
    #[case::within_a_line("a quorate-ready 0 x86_64 have\n", None)]
    #[case::no_words("quorate-ready\n", None)]
    fn ready_line_is_found(#[case] text: &str, #[case] expected: Option<(bool, bool)>) {
        let ready = find_line(text.as_bytes(), "quorate-ready").and_then(|(rest, _)| Ready::parse(&rest));
        assert_eq!(ready.map(|r| (r.root, r.have)), expected);
    }

    #[test]
    fn what_follows_the_line_is_kept() {
        let text = b"noise\nquorate-ready 0 x86_64 have\n\0\0\0\x01a";
        let (_, used) = find_line(text, "quorate-ready").unwrap();
        assert_eq!(&text[used..], b"\0\0\0\x01a");
    }

    #[rstest]
    #[case(1, "sudo: a password is required\n", SudoReason::PasswordNeeded)]
    #[case(1, "sudo: interactive authentication is required\n", SudoReason::PasswordNeeded)]
    #[case(1, "quorate-sudo-password:Sorry, try again.\nsudo: no password was provided\n", SudoReason::PasswordWrong)]
    #[case(1, "sudo: 1 incorrect password attempt\n", SudoReason::PasswordWrong)]
    #[case(1, "sudo: sorry, you must have a tty to run sudo\n", SudoReason::NeedsTty)]
    #[case(
        1,
        "quorate-sudo-password:ops is not in the sudoers file.\n",
        SudoReason::NotAllowed("ops is not in the sudoers file.".into())
    )]
    #[case(127, "env: 'sudo': No such file or directory\n", SudoReason::Missing)]
    #[case(1, "sudo: unable to resolve host\n", SudoReason::Other("sudo: unable to resolve host".into()))]
    fn sudo_is_understood(#[case] status: u32, #[case] stderr: &str, #[case] expected: SudoReason) {
        match diagnose(&target(Some(Sudo::NoPassword)), Exit::Status(status), "", stderr) {
            Error::Sudo { reason, .. } => assert_eq!(reason, expected),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_closed_account_is_quoted() {
        let error = diagnose(&target(None), Exit::Status(1), "This account is currently not available.\n", "");
        assert_eq!(
            error.to_string(),
            "node1: the login shell of ops did not run our command (exit status 1); it said: This account is currently not available."
        );
    }
}
