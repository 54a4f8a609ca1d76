//! Checkpoints: a log's signed note about its tree (C2SP `tlog-checkpoint`, `signed-note`), read without the slack
//! that lets unsigned text ride along.

use sigstore_verify::types::{Checkpoint, SignatureBytes};

use crate::root::Log;

/// Reads a checkpoint.
pub(crate) fn parse(text: &str) -> Result<Checkpoint, String> {
    let (note, signatures) = text.split_once("\n\n").ok_or("it has no signature part")?;
    if note.contains('\r') || note.lines().any(|line| line.trim() != line || line.is_empty()) {
        return Err("it has lines with white space around them".to_owned());
    }
    for line in signatures.strip_suffix('\n').unwrap_or(signatures).split('\n') {
        // "— <name> <base64>": one line each, nothing more.
        let parts: Vec<&str> = line.split(' ').collect();
        if !matches!(parts.as_slice(), ["—", name, signature] if !name.is_empty() && !signature.is_empty())
        {
            return Err("it has a line that is no signature".to_owned());
        }
    }
    Checkpoint::from_text(text).map_err(|error| error.to_string())
}

/// Whether this log signed the checkpoint. Witnesses' lines are no concern; a line with the log's hint that does not
/// verify must not hide one that does, as hints are four bytes.
pub(crate) fn is_signed_by(checkpoint: &Checkpoint, log: &Log) -> bool {
    checkpoint.signatures().iter().any(|line| {
        line.key_id.as_bytes()[..] == log.id[..4]
            && names_origin(&line.name, checkpoint.origin())
            && log
                .key
                .verify(checkpoint.signed_data(), &SignatureBytes::new(line.signature.as_bytes().to_vec()))
                .is_ok()
    })
}

/// A log signs under its origin; Rekor v1's origin is its host name and the tree's number.
fn names_origin(name: &str, origin: &str) -> bool {
    origin == name || origin.strip_prefix(name).is_some_and(|rest| rest.starts_with(" - "))
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// Each kind of slack alone: what a log's signature does not cover must not be read as if it did.
    #[test]
    fn white_space_and_lines_that_are_none() {
        let spaced = "it has lines with white space around them";
        let unsigned = "it has a line that is no signature";
        for (text, says) in [
            ("log\r\n1\nAAAA\n\n— log AAAA\n", spaced),
            ("log \n1\nAAAA\n\n— log AAAA\n", spaced),
            ("log\n 1\nAAAA\n\n— log AAAA\n", spaced),
            ("\nlog\n1\n\n— log AAAA\n", spaced),
            ("log\n1\nAAAA\n\n— log AAAA\n\n", unsigned),
            ("log\n1\nAAAA\n\n—  AAAA\n", unsigned),
            ("log\n1\nAAAA\n\n— log \n", unsigned),
            ("log\n1\nAAAA\n\n- log AAAA\n", unsigned),
            ("log\n1\nAAAA\n", "it has no signature part"),
        ] {
            assert_eq!(parse(text).map(drop), Err(says.to_owned()), "{text:?}");
        }
    }
}
