//! When to ask again, and after how long (RFC 9110 10.2.3, `Retry-After`).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// How often one GET is sent at most.
pub(crate) const TRIES: u32 = 3;
/// The first wait; each later one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Longest wait that a server can ask for and that is still looked at; any deadline is shorter.
const MAX_WAIT_SECONDS: u64 = 24 * 3600;

/// Whether an answer says "later": 429 and the 5xx that pass. 501 and the like are final answers.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}

/// How long to wait after try number `tried` (from 1): what the server asks for, else exponential.
///
/// With jitter, so that the machines of a fleet that were refused together do not come back together.
pub(crate) fn wait(tried: u32, headers: Option<&HeaderMap>) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    wait_with(tried, headers, random)
}

fn wait_with(tried: u32, headers: Option<&HeaderMap>, random: u64) -> Duration {
    let jitter = |span: Duration| span.mul_f64(f64::from(u16::try_from(random % 1000).unwrap_or(0)) / 1000.0);
    if let Some(asked) = headers.and_then(retry_after) {
        return asked + jitter(FIRST_WAIT / 4);
    }
    let span = FIRST_WAIT * 2_u32.saturating_pow(tried.saturating_sub(1).min(8));
    span / 2 + jitter(span / 2)
}

/// `Retry-After` as seconds, or as a date. A date is measured against the server's own `Date`, so that neither this
/// machine's clock nor the difference between the two matters.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers.get(RETRY_AFTER)?)?;
    let seconds = if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().unwrap_or(u64::MAX)
    } else {
        let until = http_date(text)?;
        let now = http_date(text_of(headers)?)?;
        u64::try_from(until - now).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds.min(MAX_WAIT_SECONDS)))
}

fn text_of(headers: &HeaderMap) -> Option<&str> {
    text(headers.get(DATE)?)
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

/// IMF-fixdate (RFC 9110 5.6.7), in seconds since 1970.
fn http_date(text: &str) -> Option<i64> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn waits_grow_and_are_jittered() {
        assert_eq!(wait_with(1, None, 0), Duration::from_millis(100));
        assert_eq!(wait_with(2, None, 0), Duration::from_millis(200));
        assert_eq!(wait_with(2, None, 500), Duration::from_millis(300));
        assert!(wait_with(u32::MAX, None, u64::MAX) < Duration::from_mins(1));
    }

    #[test]
    fn reads_retry_after() {
        let asked = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs));
        assert_eq!(asked(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(asked(&[("retry-after", "99999999999999999999999")]), Some(Duration::from_hours(24)));
        let now = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            asked(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), now]),
            Some(Duration::from_secs(10))
        );
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), now]), Some(Duration::ZERO));
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]), None);
        for bad in ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994 08:49:47 GMT"] {
            assert_eq!(asked(&[("retry-after", bad), now]), None, "{bad}");
        }
    }

    #[test]
    fn a_final_answer_is_not_asked_for_again() {
        for (status, again) in
            [(200, false), (401, false), (404, false), (429, true), (500, true), (501, false), (503, true)]
        {
            assert_eq!(is_transient(StatusCode::from_u16(status).unwrap()), again, "{status}");
        }
    }
}
