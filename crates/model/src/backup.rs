//! Backups of the database: where to, when, and how long they are kept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::types::{HostName, SecretSource};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    pub to: BackupTo,
    pub schedule: Schedule,
    /// Days of which the last backup stays.
    pub daily: u32,
    /// Weeks of which the last backup stays.
    pub weekly: u32,
    /// Minutes between two times that binary logs are brought over: what is lost with a host between backups.
    pub binlog_every: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupTo {
    /// A directory on a host with the role `database`, which makes the backups.
    Directory { host: HostName, path: PathBuf },
    /// A bucket of an S3-compatible store; any host with the role `database` makes them.
    S3 {
        /// Without a slash at its end.
        endpoint: String,
        bucket: String,
        /// Without slashes at its ends; may be empty.
        prefix: String,
        region: String,
        access_key_from: SecretSource,
        secret_key_from: SecretSource,
    },
}

/// When backups are made; all times are UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schedule {
    /// Every so many hours, from midnight; a divisor of 24.
    Every {
        hours: u8,
    },
    Daily {
        hour: u8,
        minute: u8,
    },
    /// `day` from Monday, 0.
    Weekly {
        day: u8,
        hour: u8,
        minute: u8,
    },
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Schedule {
    /// What is written as `hourly`, `every 6h`, `daily 02:30` or `weekly sun 02:30`.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["hourly"] => Some(Self::Every { hours: 1 }),
            ["every", every] => {
                let hours = every.strip_suffix('h')?.parse().ok()?;
                (1..=12).contains(&hours).then_some(())?;
                24u8.is_multiple_of(hours).then_some(Self::Every { hours })
            }
            ["daily", at] => time(at).map(|(hour, minute)| Self::Daily { hour, minute }),
            ["weekly", day, at] => {
                let day = DAYS.iter().position(|d| *d == day.to_lowercase())?;
                time(at).map(|(hour, minute)| Self::Weekly { day: day.try_into().unwrap_or(0), hour, minute })
            }
            _ => None,
        }
    }

    /// Seconds between two backups.
    pub fn interval_s(self) -> u64 {
        match self {
            Self::Every { hours } => u64::from(hours) * 3600,
            Self::Daily { .. } => 86_400,
            Self::Weekly { .. } => 7 * 86_400,
        }
    }

    /// The same for systemd's `OnCalendar=` (systemd.time(7)).
    pub fn on_calendar(self) -> String {
        match self {
            Self::Every { hours } => format!("*-*-* 00/{hours}:00:00 UTC"),
            Self::Daily { hour, minute } => format!("*-*-* {hour:02}:{minute:02}:00 UTC"),
            Self::Weekly { day, hour, minute } => {
                let day = DAYS.get(usize::from(day)).copied().unwrap_or("mon");
                let day = day[..1].to_uppercase() + &day[1..];
                format!("{day} *-*-* {hour:02}:{minute:02}:00 UTC")
            }
        }
    }
}

fn time(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let number = |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<u8>().ok())?;
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_what_systemd_understands() {
        for (text, interval_s, calendar) in [
            ("hourly", 3600, "*-*-* 00/1:00:00 UTC"),
            ("every 6h", 21_600, "*-*-* 00/6:00:00 UTC"),
            ("daily 02:30", 86_400, "*-*-* 02:30:00 UTC"),
            ("weekly Sun 23:05", 604_800, "Sun *-*-* 23:05:00 UTC"),
        ] {
            let schedule = Schedule::parse(text).unwrap();
            assert_eq!((schedule.interval_s(), schedule.on_calendar().as_str()), (interval_s, calendar), "{text}");
        }
        for text in [
            "",
            "daily",
            "daily 24:00",
            "daily 2:30",
            "daily 02:60",
            "weekly 02:30",
            "weekly day 02:30",
            "every 5h",
            "every 24h",
            "every h",
            "02:30",
            "*-*-* 02:30",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }
}
