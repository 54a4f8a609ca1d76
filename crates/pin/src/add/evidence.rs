//! What a vendor publishes beside a download: signatures, and lists of checksums.

use std::io::{Read, Seek};

use proofmark_lock::unpack::{self, Caps, UnpackError};
use proofmark_lock::{Checksums, Evidence};

use super::error::AddError;
use super::outside::{Fetch, MAX_LISTING, MAX_SIGNATURE, Whole};
use super::unpacked;
use crate::recipe::{Planned, PlannedSignature, SignatureAt};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) evidence: Vec<Evidence>,
    pub(super) checksums: Option<Checksums>,
    /// What should be there and is not, a sentence each.
    pub(super) absent: Vec<String>,
}

/// Everything that the recipe names. What is not there is told: whether enough is, is judged later.
pub(super) fn signatures<F: Fetch>(
    fetch: &mut F,
    planned: &Planned<'_>,
    url: &str,
    whole: &mut Whole<F::File>,
    caps: &Caps,
) -> Result<Found, AddError> {
    let mut found = Found::default();
    for one in planned.signatures(url) {
        let PlannedSignature { kind, over, at, list } = one;
        let signature = match &at {
            SignatureAt::Url(at) => fetch.small(at, MAX_SIGNATURE)?,
            SignatureAt::Member(name) => member(whole, planned, name, url, caps)?,
        };
        let Some(signature) = signature.filter(|bytes| !bytes.is_empty()) else {
            found.absent.push(match at {
                SignatureAt::Url(at) => format!("{at} is not there"),
                SignatureAt::Member(name) => format!("{name} is not in {url}"),
            });
            continue;
        };
        if let (Some(at), None) = (&list, &found.checksums) {
            let bytes = fetch.small(at, MAX_LISTING)?.filter(|bytes| !bytes.is_empty());
            found.checksums = bytes.map(Checksums);
            if found.checksums.is_none() {
                found.absent.push(format!("{at} is not there"));
                continue;
            }
        }
        found.evidence.push(Evidence { kind, over, signature });
    }
    found.evidence.sort();
    Ok(found)
}

/// A signature in the archive; `None`: it is not there.
fn member<F: Read + Seek>(
    whole: &mut Whole<F>,
    planned: &Planned<'_>,
    name: &str,
    url: &str,
    caps: &Caps,
) -> Result<Option<Vec<u8>>, AddError> {
    let mut bytes = Bounded(Vec::new());
    match unpacked(whole, |file| unpack::extract(file, planned.archive, name, caps, &mut bytes)) {
        Ok(_) => Ok(Some(bytes.0)),
        Err(UnpackError::Missing { .. }) => Ok(None),
        Err(error) => Err(AddError::Unpack { url: url.to_owned(), error }),
    }
}

/// A signature of the length of an executable is none.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if (self.0.len() + bytes.len()) as u64 > MAX_SIGNATURE {
            let message = format!("a signature is longer than {MAX_SIGNATURE} bytes");
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Holds a download beside the vendor's list that nobody signed. It is made where the download is made, and so no source; but what
/// differs from it is damaged, or worse. What was found, in a sentence.
pub(super) fn checksums<F: Fetch>(
    fetch: &mut F,
    planned: &Planned<'_>,
    url: &str,
    whole: &Whole<F::File>,
) -> Result<Option<String>, AddError> {
    let Some(at) = planned.checksums(url) else { return Ok(None) };
    let Some(bytes) = fetch.small(&at, MAX_LISTING)? else { return Ok(Some(format!("{at} is not there"))) };
    let file = url.rsplit('/').next().unwrap_or_default();
    match Checksums(bytes).of(file) {
        Some(listed) if listed == whole.sha256.hex() => {
            Ok(Some(format!("{at} gives the same SHA-256; it is the vendor's own, and counts as no source")))
        }
        Some(listed) => {
            let found = whole.sha256.clone();
            Err(AddError::Checksum { at, url: url.to_owned(), listed, found })
        }
        None => Ok(Some(format!("{at} says nothing of {file}"))),
    }
}
