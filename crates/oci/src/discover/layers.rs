//! Layers of the manifests that were read: which are candidates, reading them, handing them over.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use proofmark_core::Digest;

use super::jobs::Job;
use super::{IN_FLIGHT, Progress, mark};
use crate::budget::Budget;
use crate::error::{Cap, ReadError};
use crate::found::{Found, Other, Plan};
use crate::manifest::media_type::{DSSE, SIGSTORE_BUNDLE, SIMPLE_SIGNING};
use crate::manifest::{Descriptor, ImageManifest};
use crate::source::Source;

/// Layers read together, in number and in bytes: bounds memory.
const GROUP: usize = 16;
const GROUP_BYTES: u64 = 8 * 1024 * 1024;
/// Payloads that are kept because many layers name the same one: cosign writes one payload for all signatures.
const KEPT: usize = 64;
const KEPT_BYTES: u64 = 16 * 1024;

/// One layer that is a candidate.
struct Pick {
    /// Paths that list it.
    at: Vec<usize>,
    sources: Vec<usize>,
    manifest: Digest,
    layer: Descriptor,
    annotations: BTreeMap<String, String>,
    subject: Option<Digest>,
    hint: Option<String>,
}

/// Reads candidates and remembers what was handed over.
pub(super) struct Reader<'a> {
    sources: &'a [Arc<dyn Source>],
    attached_to: &'a Digest,
    plan: Plan,
    budget: &'a Budget,
    picks: Vec<Pick>,
    handed: HashSet<(Digest, Digest)>,
    kept: HashMap<Digest, Vec<u8>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        sources: &'a [Arc<dyn Source>],
        attached_to: &'a Digest,
        plan: Plan,
        budget: &'a Budget,
    ) -> Self {
        Self {
            sources,
            attached_to,
            plan,
            budget,
            picks: Vec::new(),
            handed: HashSet::new(),
            kept: HashMap::new(),
        }
    }

    /// Whether a layer of this type is read.
    fn wants(&self, media_type: &str) -> bool {
        media_type.starts_with(SIGSTORE_BUNDLE)
            || (self.plan.signatures && media_type == SIMPLE_SIGNING)
            || (self.plan.attestations && media_type == DSSE)
    }

    /// Takes the candidates out of a manifest.
    pub(super) fn take(
        &mut self,
        job: &Job,
        source: usize,
        digest: &Digest,
        manifest: ImageManifest,
        progress: &mut [Progress],
    ) {
        let artifact_type = manifest.artifact_type().map(str::to_owned);
        let mut other = |note: String| {
            let other = Other { digest: digest.clone(), artifact_type: artifact_type.clone(), note };
            progress[job.at[0]].others.push(other);
        };
        let ImageManifest::Image { layers, subject, annotations, .. } = manifest else {
            other("an index".to_owned());
            return;
        };
        let total = layers.len();
        let mut wanted: Vec<Descriptor> =
            layers.into_iter().filter(|layer| self.wants(&layer.media_type)).collect();
        if wanted.is_empty() {
            other(format!("{total} layers of other kinds"));
            return;
        }
        // cosign appends: the newest legacy signature is the last layer.
        wanted.reverse();
        let most = self.budget.limits().manifests;
        let room = most.saturating_sub(progress[job.at[0]].layers);
        if wanted.len() > room {
            wanted.truncate(room);
            for path in &job.at {
                progress[*path].cap(format!("more than {most} layers"));
            }
        }
        progress[job.at[0]].layers += wanted.len();
        let mut sources = vec![source];
        sources.extend(job.sources.iter().copied().filter(|at| *at != source));
        for mut layer in wanted {
            let own = std::mem::take(&mut layer.annotations);
            let annotations =
                if layer.media_type.starts_with(SIGSTORE_BUNDLE) { annotations.clone() } else { own };
            self.picks.push(Pick {
                at: job.at.clone(),
                sources: sources.clone(),
                manifest: digest.clone(),
                layer,
                annotations,
                subject: subject.clone(),
                hint: job.hint().map(str::to_owned),
            });
        }
    }

    /// Reads the candidates taken so far and hands them over in order.
    pub(super) async fn hand_over(&mut self, progress: &mut [Progress], on: &mut dyn FnMut(Found)) {
        let mut picks = std::mem::take(&mut self.picks).into_iter().peekable();
        while picks.peek().is_some() {
            let (mut group, mut bytes) = (Vec::new(), 0_u64);
            while let Some(pick) = picks.next_if(|pick| {
                bytes = bytes.saturating_add(pick.layer.size);
                group.len() < GROUP && (group.is_empty() || bytes <= GROUP_BYTES)
            }) {
                group.push(pick);
            }
            let mut read = self.read_group(&group).await;
            for (at, pick) in group.iter().enumerate() {
                // The last of several equal layers takes the bytes; the others copy them.
                let last = group[at + 1..].iter().all(|later| later.layer.digest != pick.layer.digest);
                self.hand(pick, last, &mut read, progress, on);
            }
        }
    }

    fn hand(
        &mut self,
        pick: &Pick,
        last: bool,
        read: &mut HashMap<Digest, Result<Vec<u8>, ReadError>>,
        progress: &mut [Progress],
        on: &mut dyn FnMut(Found),
    ) {
        let digest = &pick.layer.digest;
        let bytes = match read.get(digest) {
            Some(Err(error)) => {
                mark(progress, &pick.at, error);
                return;
            }
            Some(Ok(bytes)) if !last => bytes.clone(),
            _ => match (read.remove(digest), self.kept.get(digest)) {
                (Some(Ok(bytes)), _) => bytes,
                (_, Some(kept)) => kept.clone(),
                _ => return,
            },
        };
        for path in &pick.at {
            progress[*path].candidates += 1;
        }
        // The same evidence in two manifests counts and is judged once. Legacy layers share a payload: there the
        // annotations make the difference. The subject does everywhere: a stranger's manifest that holds a good bundle
        // and names another image must not stand for the honest one (verdicts.md 4, "Monotone rules").
        let legacy = pick.layer.media_type == SIMPLE_SIGNING || pick.layer.media_type == DSSE;
        let own =
            Digest::sha256(format!("{:?}", (&pick.subject, legacy.then_some(&pick.annotations))).as_bytes());
        if !self.handed.insert((digest.clone(), own)) {
            return;
        }
        if self.kept.len() < KEPT && pick.layer.size <= KEPT_BYTES && pick.layer.media_type == SIMPLE_SIGNING
        {
            self.kept.entry(digest.clone()).or_insert_with(|| bytes.clone());
        }
        on(Found {
            path: progress[pick.at[0]].path,
            source: self.sources[pick.sources[0]].name().to_owned(),
            attached_to: self.attached_to.clone(),
            manifest_digest: pick.manifest.clone(),
            digest: digest.clone(),
            media_type: pick.layer.media_type.clone(),
            annotations: pick.annotations.clone(),
            bytes,
            subject: pick.subject.clone(),
            descriptor_artifact_type: pick.hint.clone(),
        });
    }

    /// Reads each distinct blob of a group once. Bytes are taken out of the budget in order, before anything is asked for.
    async fn read_group(&self, group: &[Pick]) -> HashMap<Digest, Result<Vec<u8>, ReadError>> {
        let cap = self.budget.limits().evidence_bytes;
        let mut distinct = HashSet::new();
        let paid: Vec<(&Pick, Result<(), Cap>)> = group
            .iter()
            .filter(|pick| !self.kept.contains_key(&pick.layer.digest) && distinct.insert(&pick.layer.digest))
            .map(|pick| match pick.layer.size {
                size if size > cap => (pick, Err(Cap::EvidenceBytes(cap))),
                size => (pick, self.budget.reserve(size)),
            })
            .collect();
        let read = paid.into_iter().map(|(pick, paid)| async move {
            let read = match paid {
                Ok(()) => self.read_layer(pick).await,
                Err(cap) => {
                    let from = self.sources[pick.sources[0]].name().to_owned();
                    Err(ReadError::Limit { from, cap })
                }
            };
            (pick.layer.digest.clone(), read)
        });
        stream::iter(read).buffered(IN_FLIGHT).collect().await
    }

    /// From the first source that has it whole: it is the same content everywhere.
    async fn read_layer(&self, pick: &Pick) -> Result<Vec<u8>, ReadError> {
        let mut first: Option<ReadError> = None;
        for at in &pick.sources {
            match self.sources[*at].blob(&pick.layer, self.budget).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => first = first.or(Some(error)),
            }
        }
        let from = || pick.sources.first().map_or_else(String::new, |at| self.sources[*at].name().to_owned());
        Err(first
            .unwrap_or_else(|| ReadError::NotFound { from: from(), what: pick.layer.digest.to_string() }))
    }
}
