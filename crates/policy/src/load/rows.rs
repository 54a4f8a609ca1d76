//! What the rows of allowlists have in common.

use proofmark_core::{Digest, Repository};

use crate::error::{Code, Errors};
use crate::schema::Text;

/// A repository, written as it is after normalisation or as Docker's short name.
pub(super) fn repository(text: &Text, errors: &mut Errors) -> Option<Repository> {
    Repository::parse(&text.value)
        .map_err(|error| {
            let help = "write host/repository, such as docker.io/library/postgres, without tag and digest";
            errors.push(Code::BadValue, &text.origin, error.to_string(), help);
        })
        .ok()
}

/// A digest.
pub(super) fn digest(text: &Text, errors: &mut Errors) -> Option<Digest> {
    Digest::parse(&text.value)
        .map_err(|error| {
            let help = "write sha256: and 64 digits 0-9 and a-f";
            errors.push(Code::BadValue, &text.origin, error.to_string(), help);
        })
        .ok()
}
