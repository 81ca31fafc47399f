//! The moment to restore, as an operator writes it.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use wire::backup::Until;

/// `latest`; a time, in UTC unless it says otherwise (`2026-11-20 14:05:00`, `2026-11-20T15:05:00+01:00`); or the last
/// transaction by its GTID (`0-1-1234`, several domains with commas). `None`: none of these.
pub fn parse_until(text: &str) -> Option<Until> {
    let text = text.trim();
    if text == "latest" {
        return Some(Until::Latest);
    }
    let plain = text.trim_end_matches(" UTC").trim_end_matches('Z').replace('T', " ");
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    if let Ok(time) = PrimitiveDateTime::parse(&plain, format) {
        return Some(Until::Time(time.assume_utc().unix_timestamp()));
    }
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(Until::Time(time.unix_timestamp()));
    }
    let is_gtid = |part: &str| {
        let numbers: Vec<_> = part.split('-').collect();
        numbers.len() == 3 && numbers.iter().all(|n| n.parse::<u64>().is_ok())
    };
    text.split(',').all(is_gtid).then(|| Until::Gtid(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_transactions_are_told_apart() {
        let noon = Some(Until::Time(1_795_176_300));
        for text in
            ["2026-11-20 12:05:00", "2026-11-20T12:05:00Z", "2026-11-20 12:05:00 UTC", "2026-11-20T13:05:00+01:00"]
        {
            assert_eq!(parse_until(text), noon, "{text}");
        }
        assert_eq!(parse_until("latest"), Some(Until::Latest));
        assert_eq!(parse_until("0-1-7,1-2-9"), Some(Until::Gtid("0-1-7,1-2-9".into())));
        for text in ["", "yesterday", "0-1", "0-1-x", "2026-13-20 12:05:00", "12:05"] {
            assert_eq!(parse_until(text), None, "{text}");
        }
    }
}
