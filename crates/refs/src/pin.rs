//! From `tag` to `tag@digest` in place, proven by scanning the result.

use std::collections::HashMap;

use proofmark_core::{Digest, ImageRef};

use crate::detect::FileKind;
use crate::found::{Edit, Found, NoEdit, Target};
use crate::limits::ScanLimits;
use crate::rewrite::{RewriteError, SpanEdit, rewrite};
use crate::scan::scan;

/// Why a file is not pinned. Nothing of it is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// A reference that cannot be rewritten.
    #[error("{origin}: `{text}` is not rewritten: {why}")]
    Refused {
        /// Where it stands.
        origin: Box<proofmark_core::Origin>,
        /// As written.
        text: String,
        /// Why.
        why: NoEdit,
    },
    /// Changes that contradict each other.
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
    /// The result, scanned again, does not say what was meant.
    #[error("the rewritten file does not name {expected} where it should")]
    NotAsMeant {
        /// The pinned reference that is not found.
        expected: String,
    },
}

impl Found {
    /// The change that pins this reference to a digest; a digest that it has is replaced.
    pub fn pin(&self, digest: &Digest) -> Result<SpanEdit, NoEdit> {
        let (Target::Image(_), false) = (&self.target, self.value.is_empty()) else {
            return Err(NoEdit::Unresolved);
        };
        let name = self.value.split('@').next().unwrap_or_default();
        let kustomize = self.place == crate::Place::KustomizeImage;
        let text = if kustomize { digest.to_string() } else { format!("{name}@{digest}") };
        match &self.edit {
            Edit::Here => Ok(SpanEdit::new(self.span.clone(), text)),
            Edit::At(span) => Ok(SpanEdit::new(span.clone(), text)),
            Edit::Insert { at, after } => Ok(SpanEdit::new(*at..*at, format!("digest: {text}{after}"))),
            Edit::Refused(why) => Err(why.clone()),
        }
    }

    /// Where its change is made.
    fn place_of_edit(&self) -> Option<(usize, usize)> {
        match &self.edit {
            Edit::Here => Some((self.span.start, self.span.end)),
            Edit::At(span) => Some((span.start, span.end)),
            Edit::Insert { at, .. } => Some((*at, *at)),
            Edit::Refused(_) => None,
        }
    }

    /// What the reference names after [`Found::pin`].
    pub fn pinned(&self, digest: &Digest) -> Option<ImageRef> {
        let image = self.target.image()?;
        Some(ImageRef::new(image.repository().clone(), image.tag().cloned(), Some(digest.clone())))
    }
}

/// Pins references of one file. `bytes` are those that `found` was scanned from. The result is scanned again: every
/// reference must then name its digest, and all others what they named before.
pub fn pin(
    path: &str,
    bytes: &[u8],
    kind: FileKind,
    limits: &ScanLimits,
    pins: &[(&Found, &Digest)],
) -> Result<Vec<u8>, PinError> {
    let mut edits = Vec::with_capacity(pins.len());
    for (found, digest) in pins {
        edits.push(found.pin(digest).map_err(|why| PinError::Refused {
            origin: Box::new(found.origin.clone()),
            text: found.text.clone(),
            why,
        })?);
    }
    let out = rewrite(bytes, &edits)?;
    let before = scan(path, bytes, kind, limits);
    let after = scan(path, &out, kind, limits);
    // References that share a definition change together.
    let changed: HashMap<(usize, usize), &Digest> =
        pins.iter().filter_map(|(found, digest)| Some((found.place_of_edit()?, *digest))).collect();
    let expected: Vec<Target> = before
        .found
        .iter()
        .map(|found| {
            let digest = found.place_of_edit().and_then(|place| changed.get(&place));
            digest.and_then(|digest| found.pinned(digest)).map_or_else(|| found.target.clone(), Target::Image)
        })
        .collect();
    let same = before.found.len() == after.found.len() && before.problems.len() == after.problems.len();
    for (expected, found) in expected.iter().zip(&after.found) {
        if !same || *expected != found.target {
            return Err(PinError::NotAsMeant { expected: format!("{expected:?}") });
        }
    }
    if same { Ok(out) } else { Err(PinError::NotAsMeant { expected: "what it named before".to_owned() }) }
}
