//! `proofmark.toml` by itself: what it says, before the files that it names are read.

use std::collections::BTreeMap;

use proofmark_core::pattern::Glob;
use proofmark_core::{Extension, IdentityPattern, Limits, Origin, SanKind, Timestamp, Transparency};

use super::signers::{self, Signers};
use super::{images, limits};
use crate::error::{Code, Errors};
use crate::schema::policy::POLICY;
use crate::schema::{self, Text};
use crate::source::Source;
use crate::{Also, BaseRule, RepositoryRule, TagFrom, VendorKeyKind};

/// The only version of the format.
const VERSION: i64 = 1;

/// A policy file that is right in itself.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub(crate) signers: Signers,
    pub(crate) images: Vec<DraftImage>,
    pub(crate) limits: Limits,
}

impl Draft {
    /// How many signers it defines.
    pub fn signers(&self) -> usize {
        self.signers.good.len()
    }

    /// How many `[[image]]` entries it has.
    pub fn images(&self) -> usize {
        self.images.len()
    }
}

/// `[signers.NAME]`.
#[derive(Debug, Clone)]
pub(crate) struct DraftSigner {
    pub(crate) name: String,
    pub(crate) kind: DraftKind,
    /// The root's name, and where it is named; the default's place is the signer's.
    pub(crate) root: Text,
    pub(crate) transparency: Transparency,
    /// Where the transparency is written, or the signer.
    pub(crate) transparency_origin: Origin,
    pub(crate) origin: Origin,
}

/// What a signer is recognised by.
#[derive(Debug, Clone)]
pub(crate) enum DraftKind {
    Certificate {
        issuer: String,
        identity: IdentityPattern,
        san: Vec<SanKind>,
        extensions: BTreeMap<Extension, String>,
    },
    Key {
        file: Text,
        valid_until: Option<Timestamp>,
    },
    Vendor {
        file: Text,
        kind: VendorKeyKind,
    },
}

/// `signed-by`.
#[derive(Debug, Clone)]
pub(crate) struct DraftThreshold {
    pub(crate) at_least: usize,
    pub(crate) of: Vec<Text>,
    pub(crate) origin: Origin,
}

/// `[[image]]`.
#[derive(Debug, Clone)]
pub(crate) struct DraftImage {
    pub(crate) pattern: Glob,
    pub(crate) signed_by: Option<DraftThreshold>,
    pub(crate) digests: Option<Text>,
    pub(crate) repository: RepositoryRule,
    pub(crate) also: Vec<Also>,
    pub(crate) tag_from: Option<TagFrom>,
    pub(crate) base: Option<BaseRule>,
    pub(crate) attestation: crate::Attestations,
    pub(crate) origin: Origin,
}

/// Reads the file; what is wrong is told, and the rest is read all the same.
pub(crate) fn read(source: &Source, errors: &mut Errors) -> Draft {
    schema::parse(source, &POLICY, errors, |view, errors| {
        if let Some(version) = view.item("version")
            && version.whole().is_some_and(|number| number != VERSION)
        {
            let help = format!("this build reads version = {VERSION}");
            errors.push(Code::Version, &version.origin(), "unknown version of the policy's format", help);
        }
        let signers = view.table("signers").map(|table| signers::read(&table, errors)).unwrap_or_default();
        let images = images::read(&view, &signers, errors);
        let limits = view.table("limits").map_or_else(Limits::default, |table| limits::read(&table, errors));
        Draft { signers, images, limits }
    })
}
