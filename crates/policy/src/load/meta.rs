//! `trust-roots/NAME.toml`: where a root or key came from, and when.

use jiff::SignedDuration;
use proofmark_core::{Digest, Timestamp};

use crate::RootMeta;
use crate::error::{Code, Errors};
use crate::schema;
use crate::schema::files::META;
use crate::schema::value::day;
use crate::source::Source;

/// How far the clock of whoever fetched a file may be ahead of ours, and a date without a time may seem to be.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn read(source: &Source, errors: &mut Errors, now: Timestamp) -> Option<RootMeta> {
    schema::parse(source, &META, errors, |view, errors| {
        let text = view.text("sha256")?;
        let sha256 = Digest::parse(&format!("sha256:{}", text.value)).map_err(|error| {
            errors.push(Code::BadValue, &text.origin, error.to_string(), "write 64 digits 0-9 and a-f");
        });
        let fetched = view.moment("fetched");
        if let Some((time, origin)) = &fetched
            && time.duration_since(now) > AHEAD
        {
            // It would never grow old.
            let message =
                format!("fetched is {}, after the time of this evaluation, {}", day(*time), day(now));
            errors.push(Code::BadValue, origin, message, "write when the file was fetched");
            return None;
        }
        Some(RootMeta {
            source: view.text("source")?.value,
            sha256: sha256.ok()?,
            fetched: fetched?.0,
            by: view.text("by")?.value,
        })
    })
}
