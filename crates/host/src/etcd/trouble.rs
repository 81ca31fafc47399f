//! Why etcd did not do what it was asked, and whether it may have done it all the same.

use std::io::ErrorKind;
use std::path::PathBuf;

/// Why etcd did not answer as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: String },
    /// There was no connection.
    #[error("{0}")]
    Unsent(String),
    /// The question was, or may have been, sent.
    #[error("no answer in time")]
    Late,
    /// The connection broke with the question under way.
    #[error("{0}")]
    Silent(String),
    /// etcd said no; with gRPC's number for why.
    #[error("{words}")]
    Refused { code: u64, words: String },
}

/// gRPC's numbers: invalid argument, not found, already exists, permission denied, failed precondition, out of range,
/// unauthenticated. What was refused so was looked at and left alone; others, such as a time-out or the loss of etcd's
/// leader, may come after the change was proposed.
const LEFT_ALONE: [u64; 7] = [3, 5, 6, 7, 9, 11, 16];
const NOT_FOUND: u64 = 5;

impl Trouble {
    /// Whether a change certainly was not made.
    pub fn untouched(&self) -> bool {
        match self {
            Self::File { .. } | Self::Unsent(_) => true,
            Self::Late | Self::Silent(_) => false,
            Self::Refused { code, .. } => LEFT_ALONE.contains(code),
        }
    }

    /// Whether another endpoint may know better, where asking twice does no harm.
    pub(super) fn elsewhere(&self) -> bool {
        match self {
            Self::Unsent(_) | Self::Late | Self::Silent(_) => true,
            Self::File { .. } => false,
            Self::Refused { code, .. } => !LEFT_ALONE.contains(code),
        }
    }

    /// Whether what was asked for is not there, such as a lease that has ended.
    pub fn missing(&self) -> bool {
        matches!(self, Self::Refused { code: NOT_FOUND, .. })
    }
}

impl From<ureq::Error> for Trouble {
    fn from(error: ureq::Error) -> Self {
        use ureq::Timeout::{Connect, Resolve};
        match error {
            ureq::Error::Timeout(Connect | Resolve) => Self::Unsent("no connection in time".to_owned()),
            ureq::Error::Timeout(_) => Self::Late,
            ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => Self::Unsent(error.to_string()),
            ureq::Error::Io(ref e)
                if matches!(
                    e.kind(),
                    ErrorKind::ConnectionRefused
                        | ErrorKind::HostUnreachable
                        | ErrorKind::NetworkUnreachable
                        | ErrorKind::NetworkDown
                        | ErrorKind::AddrNotAvailable
                ) =>
            {
                Self::Unsent(error.to_string())
            }
            other => Self::Silent(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_was_not_done_counts_as_not_done() {
        let refused = |code| Trouble::Refused { code, words: "no".into() };
        assert!(Trouble::Unsent("refused".into()).untouched());
        assert!(refused(5).untouched() && refused(5).missing() && !refused(5).elsewhere());
        for unknown in [Trouble::Late, Trouble::Silent("reset".into()), refused(14), refused(4), refused(2)] {
            assert!(!unknown.untouched() && unknown.elsewhere(), "{unknown:?}");
        }
        let io = |kind: ErrorKind| Trouble::from(ureq::Error::Io(kind.into()));
        assert!(io(ErrorKind::ConnectionRefused).untouched());
        assert!(!io(ErrorKind::ConnectionReset).untouched());
        assert!(!Trouble::from(ureq::Error::Timeout(ureq::Timeout::Global)).untouched());
    }
}
