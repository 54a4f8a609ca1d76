//! Values with a meaning of their own: dates, sizes, durations.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proofmark_core::Timestamp;
use toml::value::Datetime;

/// The moment after the end of the day that a TOML local date names, UTC: what holds "until" the day holds before it.
/// A date without such a moment (the last two days of the year 9999) is none: it would become a limit that never comes.
pub(crate) fn end_of_day(value: &Datetime) -> Option<Timestamp> {
    midnight(date(value)?.tomorrow().ok()?)
}

/// The beginning of a day, UTC.
fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The day of a moment, UTC.
pub(crate) fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The day that a moment from [`end_of_day`] was made of.
pub(crate) fn last_day(end: Timestamp) -> Date {
    day(end).yesterday().unwrap_or(Date::MIN)
}

/// Whether a TOML value is written as a local date, be there such a day or not.
pub(crate) fn is_local_date(value: &Datetime) -> bool {
    value.date.is_some() && value.time.is_none() && value.offset.is_none()
}

/// A TOML local date.
fn date(value: &Datetime) -> Option<Date> {
    let date = value.date.as_ref().filter(|_| is_local_date(value))?;
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?)
        .ok()
}

/// A TOML local date, as its beginning in UTC, or a date and time with offset.
pub(crate) fn moment(value: &Datetime) -> Option<Timestamp> {
    match date(value) {
        Some(date) => midnight(date),
        None => value.offset.as_ref().and_then(|_| value.to_string().parse().ok()),
    }
}

/// A duration as the policy writes it: `20s`, `10m`, `12h`, `7d`, `2w`.
pub fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number(digits)?.checked_mul(unit).map(Duration::from_secs)
}

/// `64MiB`, `16KiB`, `1GiB`, `500B`.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number(digits)?.checked_mul(unit)
}

fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_at_midnight_utc() {
        let end = end_of_day(&"2027-06-30".parse().unwrap()).unwrap();
        assert_eq!(end.to_string(), "2027-07-01T00:00:00Z");
        assert_eq!(last_day(end), Date::new(2027, 6, 30).unwrap());
    }

    #[test]
    fn a_date_without_an_end_is_none() {
        for day in ["0001-01-01", "2028-02-29", "9999-12-29"] {
            assert!(end_of_day(&day.parse().unwrap()).is_some(), "{day}");
        }
        for day in ["9999-12-30", "9999-12-31"] {
            let day = day.parse().unwrap();
            assert!(is_local_date(&day) && end_of_day(&day).is_none(), "{day}");
        }
    }

    #[test]
    fn durations_and_sizes_are_strict() {
        assert_eq!(span("7d"), Some(Duration::from_hours(168)));
        assert_eq!(bytes("64MiB"), Some(64 << 20));
        for bad in [
            "",
            "d",
            "7",
            "7 d",
            "-1d",
            "07d",
            "7D",
            "1.5h",
            "99999999999999999999s",
            "18446744073709551615w",
        ] {
            assert_eq!(span(bad), None, "{bad}");
        }
        for bad in ["", "64", "64MB", "0MiB", "99999999999999999999B", "18446744073709551615GiB"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
