//! The first matching entry decides: one that an earlier entry shadows is a rule that someone believes in, and that is not in force.

use super::draft::DraftImage;
use crate::error::{Code, Errors};

/// Tells entries that can never match because of an earlier one.
pub(super) fn check_reachable(images: &[DraftImage], errors: &mut Errors) {
    for (index, image) in images.iter().enumerate() {
        let Some(earlier) = images[..index].iter().find(|earlier| earlier.pattern.covers(&image.pattern))
        else {
            continue;
        };
        let message = format!(
            "`{}` never decides: `{}` in line {} matches all of it first",
            image.pattern.as_str(),
            earlier.pattern.as_str(),
            earlier.origin.start.line
        );
        errors.push(Code::EntryUnreachable, &image.origin, message, "put the narrower entry first");
    }
}
