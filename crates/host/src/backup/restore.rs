//! Restoring into a scratch instance: opened, prepared, brought to the moment, looked at, taken away again.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use backup::seal;
use secret::Secret;
use time::PrimitiveDateTime;
use time::macros::format_description;
use wire::Note;
use wire::backup::{Load, Restored, Until};

use super::context::Context;
use super::progress::{self, Counted};
use super::scratch::Scratch;
use super::{check, load, ship, take};
use crate::command::Running;
use crate::error::Error;

/// Restores a backup; whatever happens, the scratch instance is gone afterwards.
pub(super) fn restore(
    context: &Context,
    name: &str,
    until: &Until,
    identity: &Secret,
    wanted: Option<&Load>,
) -> Result<Restored, Error> {
    let begun = Instant::now();
    let (parsed, listed) = context.backup(name)?;
    if let Some(wanted) = wanted {
        load::admit(wanted)?;
    }
    // Restored for a trial as well, before anything is given up for which it is to stand.
    let saved_as = match wanted {
        Some(wanted) if wanted.replace => Some(take::take_held(context, identity)?),
        _ => None,
    };
    if *until != Until::Backup {
        progress::stage("ship");
        // What the live server still holds belongs to the moment as well; where it is gone, what was shipped must do.
        if let Err(error) = ship::ship(context) {
            tracing::warn!(%error, "the present binary log was not brought over");
        }
    }
    let logs = backup::replay(&listed.record, until, &context.binlogs()?).map_err(|gap| {
        let note = Note::new(match gap {
            backup::Gap::Before => "backup-before",
            backup::Gap::None => "backup-no-binlogs",
            backup::Gap::Ends(_) => "backup-gap",
        });
        let end = if let backup::Gap::Ends(at_s) = gap { backup::stamp(at_s) } else { String::new() };
        Error::Noted(note.with("backup", name).with("ended", backup::stamp(listed.record.ended_s)).with("end", end))
    })?;

    let scratch = Scratch::new(listed.record.raw_bytes)?;
    progress::stage("unpack");
    let mut unpacking = scratch.unpack()?;
    let mut input = unpacking.stdin().ok_or_else(|| Error::Damaged("mbstream has no input".to_owned()))?;
    let object = parsed.object("age");
    let opened = seal::open(context.target.read(&object)?, &object, identity, &mut Counted(&mut input));
    drop(input);
    match (opened, unpacking.end()) {
        // A program that gave up breaks the pipe: its own words are the cause.
        (Err(seal::Broken::Io(e)), Err(error)) if e.kind() == std::io::ErrorKind::BrokenPipe => return Err(error),
        (Err(error), _) => return Err(take::broken(context, &object, error)),
        (Ok(_), ended) => ended?,
    }
    progress::stage("prepare");
    let mut session = scratch.start()?;
    if listed.record.canary {
        check::canary(&mut session, name)?;
    }
    let mut reached = Reached { gtid: position(&scratch.data()), at_s: None };
    if !logs.is_empty() {
        progress::stage("replay");
        let files = fetch(context, &scratch, &logs, identity)?;
        replay(&scratch, &files, until, &mut reached)?;
    }
    progress::stage("check");
    let checked = check::check(&mut session)?;
    let mut restored = Restored {
        backup: name.to_owned(),
        host: context.config.host.clone(),
        schemas: checked.schemas,
        binlogs: logs.len(),
        binlogs_of: logs.first().map(|b| b.host.clone()),
        gtid: reached.gtid,
        reached_s: reached.at_s,
        checked: checked.tables,
        loaded: None,
        saved_as,
        took_ms: 0,
    };
    if let Some(wanted) = wanted {
        load::load(&scratch, &mut session, wanted, restored.saved_as.as_deref())?;
        restored.loaded = Some(wanted.under.clone());
    }
    progress::stage("remove");
    drop((session, scratch));
    restored.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(restored)
}

/// The last transaction that a replay got to.
struct Reached {
    gtid: String,
    at_s: Option<i64>,
}

/// The position that a copy is as of, by the copy itself: `file <tab> position <tab> GTID`.
fn position(data: &Path) -> String {
    let text = fs::read_to_string(data.join("xtrabackup_binlog_info"))
        .or_else(|_| fs::read_to_string(data.join("mariadb_backup_binlog_info")))
        .unwrap_or_default();
    text.trim().split('\t').nth(2).unwrap_or_default().to_owned()
}

/// Brings binary logs into the scratch place, opened.
fn fetch(
    context: &Context,
    scratch: &Scratch,
    logs: &[backup::Binlog],
    identity: &Secret,
) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for log in logs {
        let path = scratch.binlogs().join(format!("binlog.{:06}", log.sequence));
        let mut file = fs::File::create(&path).map_err(Error::file("cannot write", &path))?;
        let object = log.object();
        let opened = seal::open(context.target.read(&object)?, &object, identity, &mut Counted(&mut file));
        opened.map_err(|e| take::broken(context, &object, e))?;
        files.push(path);
    }
    Ok(files)
}

fn replay(scratch: &Scratch, files: &[PathBuf], until: &Until, reached: &mut Reached) -> Result<(), Error> {
    // In a group transactions of several members may stand in another order than their numbers.
    let mut arguments = vec!["--no-defaults".to_owned(), "--skip-gtid-strict-mode".to_owned()];
    // Without a position nothing was logged before the copy: everything is to be applied.
    if !reached.gtid.is_empty() {
        arguments.push(format!("--start-position={}", reached.gtid));
    }
    match until {
        Until::Time(at_s) => arguments.push(format!("--stop-datetime={}", datetime(*at_s))),
        Until::Gtid(gtid) => arguments.push(format!("--stop-position={gtid}")),
        Until::Backup | Until::Latest => {}
    }
    arguments.extend(files.iter().map(|f| f.display().to_string()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // Times on its command line and in its output are local ones.
    let mut reader = Running::start("mariadb-binlog", &arguments, &[("TZ", "UTC")], Stdio::null(), Stdio::piped())?;
    let socket = format!("--socket={}", scratch.socket());
    let client = ["--no-defaults", "--user=root", &socket, "--binary-mode"];
    let mut writer = Running::start("mariadb", &client, &[], Stdio::piped(), Stdio::null())?;
    let (Some(output), Some(input)) = (reader.stdout(), writer.stdin()) else {
        return Err(Error::Damaged("mariadb-binlog and mariadb were not connected".to_owned()));
    };
    let copied = copy(BufReader::new(output), Counted(input), reached);
    // The client's refusal is the cause of a broken pipe.
    writer.end()?;
    copied.map_err(Error::file("cannot apply binary logs through", scratch.socket()))?;
    reader.end()
}

/// Hands statements on, and notes what the comments between them say of transactions.
fn copy(mut from: impl BufRead, mut to: impl Write, reached: &mut Reached) -> std::io::Result<()> {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        if line.starts_with(b"#")
            && let Some((at_s, gtid)) = std::str::from_utf8(&line).ok().and_then(transaction)
        {
            *reached = Reached { gtid: merge(&reached.gtid, gtid), at_s: Some(at_s) };
        }
        to.write_all(&line)?;
        line.clear();
    }
    to.flush()
}

/// A transaction's time and number, from a comment such as
/// `#261120 17:15:12 server id 1  end_log_pos 832 CRC32 0x1f CRC32  GTID 0-1-7 trans`.
fn transaction(comment: &str) -> Option<(i64, &str)> {
    let (head, rest) = comment.trim_end().split_once("GTID ")?;
    let gtid = rest.split_whitespace().next().filter(|g| g.split('-').count() == 3)?;
    let (date, rest) = head.strip_prefix('#')?.split_once(' ')?;
    let time = rest.split_whitespace().next()?;
    // Hours below ten are padded with a space.
    let text = format!("20{date} {time:0>8}");
    let format = format_description!("[year][month][day] [hour]:[minute]:[second]");
    Some((PrimitiveDateTime::parse(&text, format).ok()?.assume_utc().unix_timestamp(), gtid))
}

/// A position with one more transaction: the last of each domain counts.
fn merge(position: &str, gtid: &str) -> String {
    let domain = |g: &str| g.split('-').next().unwrap_or_default().to_owned();
    let mut parts: Vec<&str> = position.split(',').filter(|g| !g.is_empty() && domain(g) != domain(gtid)).collect();
    parts.push(gtid);
    parts.join(",")
}

fn datetime(at_s: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    time::OffsetDateTime::from_unix_timestamp(at_s).ok().and_then(|t| t.format(format).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_transaction_of_a_replay_is_known() {
        let output = b"/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/;\n\
            #261120 17:15:12 server id 1  end_log_pos 256 CRC32 0x1  Start: binlog v 4, server v 10.11\n\
            #261120 17:15:12 server id 1  end_log_pos 832 CRC32 0x2 \tGTID 0-1-7 trans\n\
            BINLOG '\n\xff\xfe'/*!*/;\n\
            #261120  9:05:01 server id 2  end_log_pos 999 CRC32 0x3 \tGTID 1-2-3 ddl\n";
        let mut reached = Reached { gtid: "0-1-6,2-1-9".into(), at_s: None };
        let mut handed_on = Vec::new();
        copy(&output[..], &mut handed_on, &mut reached).unwrap();
        assert_eq!(handed_on, output);
        assert_eq!(reached.gtid, "2-1-9,0-1-7,1-2-3");
        assert_eq!(datetime(reached.at_s.unwrap()), "2026-11-20 09:05:01");
    }
}
