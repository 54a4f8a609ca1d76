//! The table. Verdicts are derived from the tables of the policy's meaning: a registry that hides something makes the answer
//! unverifiable, never `unsigned`; what a stranger adds changes no answer; a header is never believed.

mod amplified;
mod attested;
mod credentials;
mod evidence;
mod image;
mod lists;
mod many;
mod volume;

use crate::row::Row;

/// Every row, in the order in which they are shown.
pub(crate) fn all() -> Vec<Row> {
    [
        image::ROWS,
        lists::ROWS,
        evidence::ROWS,
        volume::ROWS,
        amplified::ROWS,
        attested::ROWS,
        many::ROWS,
        credentials::ROWS,
    ]
    .concat()
}
