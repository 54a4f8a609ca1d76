//! `allowlists/denied.toml`: looked at first.

use super::rows::{digest, repository};
use crate::error::{Code, Errors};
use crate::schema::files::DENIED;
use crate::schema::{self, View};
use crate::source::Source;
use crate::{Denied, DeniedWhat};

pub(super) fn read(source: &Source, errors: &mut Errors) -> Vec<Denied> {
    schema::parse(source, &DENIED, errors, |view, errors| {
        view.rows("deny").iter().filter_map(|row| denied(row, errors)).collect()
    })
}

fn denied(row: &View<'_>, errors: &mut Errors) -> Option<Denied> {
    let what = match (row.has("digest"), row.has("repository"), row.has("tag-digest")) {
        (true, false, false) => DeniedWhat::Everywhere(digest(&row.text("digest")?, errors)?),
        (false, true, true) => {
            let repository = repository(&row.text("repository")?, errors);
            let digest = digest(&row.text("tag-digest")?, errors);
            DeniedWhat::InRepository { repository: repository?, digest: digest? }
        }
        _ => {
            let message = "this row does not deny exactly one of: a digest, or a tag-digest in a repository";
            errors.push(
                Code::BadValue,
                &row.origin(),
                message,
                "write digest, or repository with tag-digest",
            );
            return None;
        }
    };
    Some(Denied { what, why: row.text("why")?.value, by: row.text("by")?.value, origin: row.origin() })
}
