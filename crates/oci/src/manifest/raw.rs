//! Reading documents member by member, so that what nobody asks for is never held.

use std::collections::BTreeMap;

use serde::de::{MapAccess, SeqAccess};

use super::descriptor::{Annotations, DescriptorShape, Member, TEXT, Text, Whole, filled, member};
use super::{Descriptor, ManifestError};
use crate::strict_json::{self, As, Check, Shape, Walk};

/// How much is kept.
#[derive(Clone, Copy)]
pub(super) struct Stock {
    /// The first so many entries of an index.
    pub(super) children: usize,
    /// The last so many layers.
    pub(super) layers: usize,
    /// Platforms and annotations too.
    pub(super) details: bool,
}

/// Descriptors of one list.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) kept: Vec<Descriptor>,
    pub(super) left_out: usize,
    /// The first entry that is no descriptor.
    pub(super) bad: Option<ManifestError>,
}

impl Entries {
    /// The entries and how many were left out, if each is a descriptor.
    pub(super) fn whole(self) -> Result<(Vec<Descriptor>, usize), ManifestError> {
        self.bad.map_or(Ok((self.kept, self.left_out)), Err)
    }

    fn take(&mut self, descriptor: Descriptor, keep: Part) {
        match keep {
            Part::First(most) if self.kept.len() >= most => self.left_out += 1,
            Part::First(_) => self.kept.push(descriptor),
            Part::Last(most) => {
                self.kept.push(descriptor);
                if self.kept.len() > most.saturating_mul(2) {
                    self.forget_all_but(most);
                }
            }
        }
    }

    fn forget_all_but(&mut self, most: usize) {
        let first = self.kept.len().saturating_sub(most);
        self.left_out += first;
        self.kept.drain(..first);
    }
}

/// What a manifest or index says, not judged yet. `None`: no such key, or `null` where Go writes that for nothing.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) schema_version: Option<u64>,
    pub(super) media_type: Option<String>,
    pub(super) artifact_type: Option<String>,
    /// `Some` for `null` as well: the key is there.
    pub(super) manifests: Option<Entries>,
    pub(super) layers: Option<Entries>,
    pub(super) config: Option<Result<Descriptor, ManifestError>>,
    pub(super) fs_layers: bool,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) subject: Option<Result<Descriptor, ManifestError>>,
}

impl Raw {
    /// Reads a document that must be right throughout.
    pub(super) fn read(bytes: &[u8], stock: Stock) -> Result<Self, ManifestError> {
        let (raw, error) = Self::read_leniently(bytes, stock);
        error.map_or(Ok(raw), Err)
    }

    /// Reads what there is, and says what is wrong outside of the lists.
    pub(super) fn read_leniently(bytes: &[u8], stock: Stock) -> (Self, Option<ManifestError>) {
        let walk = Walk::new();
        let mut raw = Self::default();
        let read = strict_json::read(bytes, As(Document { at: walk.root(), stock, raw: &mut raw }));
        let error = read.err().map(|error| error.to_string()).or_else(|| walk.fault());
        (raw, error.map(ManifestError::Json))
    }
}

/// A manifest or index.
struct Document<'w, 'r> {
    at: Check<'w>,
    stock: Stock,
    raw: &'r mut Raw,
}

impl<'de> Shape<'de> for Document<'_, '_> {
    type Out = ();
    fn place(&self) -> Check<'_> {
        self.at
    }
    fn null(self) {}
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(at) = self.at.inside() else { return self.at.object(map) };
        let text = |what| As(Text { at, what, most: TEXT });
        let descriptor = || As(DescriptorShape { at, details: false });
        let (raw, Stock { children, layers, details }) = (self.raw, self.stock);
        let mut keys = at.keys();
        while let Some(member) = keys.next(&mut map, member)? {
            match member {
                Member::SchemaVersion => {
                    raw.schema_version = map.next_value_seed(As(Whole { at, what: "schemaVersion" }))?;
                }
                Member::MediaType => raw.media_type = filled(map.next_value_seed(text("mediaType"))?),
                Member::ArtifactType => {
                    raw.artifact_type = filled(map.next_value_seed(text("artifactType"))?);
                }
                Member::Manifests => {
                    let into = raw.manifests.get_or_insert_default();
                    map.next_value_seed(As(ListShape { at, details, keep: Part::First(children), into }))?;
                }
                Member::Layers => {
                    let into = raw.layers.get_or_insert_default();
                    map.next_value_seed(As(ListShape { at, details, keep: Part::Last(layers), into }))?;
                }
                Member::Config => raw.config = map.next_value_seed(descriptor())?,
                Member::Subject => raw.subject = map.next_value_seed(descriptor())?,
                Member::FsLayers => {
                    raw.fs_layers = true;
                    map.next_value_seed(at)?;
                }
                Member::Annotations if details => {
                    raw.annotations = map.next_value_seed(As(Annotations(at)))?;
                }
                Member::Annotations => drop(map.next_value_seed(As(Annotations(at)))?),
                _ => map.next_value_seed(at)?,
            }
        }
        Ok(())
    }
    fn other(self) {}
}

/// Which entries of a list are kept.
#[derive(Clone, Copy)]
enum Part {
    First(usize),
    Last(usize),
}

/// Descriptors; `null` is an empty list.
struct ListShape<'w, 'e> {
    at: Check<'w>,
    details: bool,
    keep: Part,
    into: &'e mut Entries,
}

impl<'de> Shape<'de> for ListShape<'_, '_> {
    type Out = ();
    fn place(&self) -> Check<'_> {
        self.at
    }
    fn null(self) {}
    fn array<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(at) = self.at.inside() else { return self.at.rest_of_array(seq) };
        let Self { details, keep, into, .. } = self;
        let absent = || ManifestError::Json("a descriptor is null".to_owned());
        while let Some(entry) = seq.next_element_seed(As(DescriptorShape { at, details }))? {
            match entry.unwrap_or_else(|| Err(absent())) {
                Ok(descriptor) => into.take(descriptor, keep),
                Err(error) => drop(into.bad.get_or_insert(error)),
            }
        }
        if let Part::Last(most) = keep {
            into.forget_all_but(most);
        }
        Ok(())
    }
    fn other(self) {
        self.at.walk.note(|| "a list of descriptors is no array".to_owned());
    }
}
