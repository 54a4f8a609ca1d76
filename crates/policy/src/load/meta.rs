//! `trust-roots/NAME.toml`: where a root or key came from, and when.

use proofmark_core::Digest;

use crate::RootMeta;
use crate::error::{Code, Errors};
use crate::schema;
use crate::schema::files::META;
use crate::source::Source;

pub(super) fn read(source: &Source, errors: &mut Errors) -> Option<RootMeta> {
    schema::parse(source, &META, errors, |view, errors| {
        let text = view.text("sha256")?;
        let sha256 = Digest::parse(&format!("sha256:{}", text.value)).map_err(|error| {
            errors.push(Code::BadValue, &text.origin, error.to_string(), "write 64 digits 0-9 and a-f");
        });
        Some(RootMeta {
            source: view.text("source")?.value,
            sha256: sha256.ok()?,
            fetched: view.moment("fetched")?,
            by: view.text("by")?.value,
        })
    })
}
