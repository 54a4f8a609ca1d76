//! PEM blocks (RFC 7468), strictly: known labels, standard base64, nothing between the blocks but white space.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The DER of one to `max` blocks with this label, and nothing else.
pub(crate) fn blocks(text: &str, label: &str, max: usize) -> Option<Vec<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() && found.len() < max {
        let (body, after) = rest.strip_prefix(&begin)?.split_once(&end)?;
        let compact: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        found.push(STANDARD.decode(compact).ok().filter(|der| !der.is_empty())?);
        rest = after.trim_start();
    }
    (rest.is_empty() && !found.is_empty()).then_some(found)
}

/// The DER of the one block.
pub(crate) fn one(text: &str, label: &str) -> Option<Vec<u8>> {
    blocks(text, label, 1)?.pop()
}
