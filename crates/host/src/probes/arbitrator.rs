//! Galera's arbitrator: whether its vote is counted. It has no word of its own for that, so the members are asked, through
//! their agents.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use wire::Note;

use super::{LIMIT, Seen, http, unit};

/// What a member says of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// It is in no primary component, or does not say.
    Out,
    /// It is, and no arbitrator is there.
    Without,
    With,
}

pub(super) fn counted(name: &str, agents: &[SocketAddr]) -> Seen {
    let (answer, answers) = mpsc::channel();
    for agent in agents.iter().copied() {
        let answer = answer.clone();
        // One that cannot be asked is one that does not answer.
        let _ = thread::Builder::new().name("ask".to_owned()).spawn(move || {
            let _ = answer.send(http::metrics(agent).as_deref().map_or(Word::Out, word));
        });
    }
    drop(answer);
    let mut seen = unit::active(name);
    if !seen.ok {
        return seen;
    }
    let mut words = Vec::new();
    // The first that sees it is enough; the others may be down, and take their time.
    while let Ok(word) = answers.recv_timeout(LIMIT) {
        words.push(word);
        if word == Word::With {
            break;
        }
    }
    match judge(&words) {
        Word::With => seen,
        Word::Without => {
            seen.note = Some(Note::new("arbitrator-not-counted"));
            Seen { ok: false, ..seen }
        }
        Word::Out => {
            seen.note = Some(Note::new("arbitrator-no-group"));
            Seen { ok: false, ..seen }
        }
    }
}

fn judge(words: &[Word]) -> Word {
    [Word::With, Word::Without].into_iter().find(|w| words.contains(w)).unwrap_or(Word::Out)
}

fn word(metrics: &str) -> Word {
    let value = |name: &str| metrics.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' ')?.parse::<u64>().ok());
    match (value("quorate_galera_primary"), value("quorate_galera_arbitrators")) {
        (Some(1), Some(1..)) => Word::With,
        (Some(1), _) => Word::Without,
        _ => Word::Out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_the_primary_component_must_see_it() {
        let metrics = |primary: u8, arbitrators: u8| {
            word(&format!(
                "# HELP quorate_galera_primary …\nquorate_galera_primary {primary}\n\
                 quorate_galera_arbitrators {arbitrators}\n"
            ))
        };
        assert_eq!([metrics(1, 1), metrics(1, 0), metrics(0, 1)], [Word::With, Word::Without, Word::Out]);
        assert_eq!(word("quorate_galera_primary 1\n"), Word::Without, "an agent of an earlier version");
        assert_eq!(word(""), Word::Out);
    }

    #[test]
    fn one_member_that_sees_it_is_enough() {
        assert_eq!(judge(&[Word::Out, Word::With]), Word::With);
        assert_eq!(judge(&[Word::Out, Word::Without]), Word::Without);
        assert_eq!(judge(&[]), Word::Out);
    }
}
