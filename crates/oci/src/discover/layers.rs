//! Layers of the manifests that were read: which are candidates, reading them, handing them over.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use proofmark_core::Digest;

use super::jobs::Slot;
use super::{IN_FLIGHT, Progress, ReadManifest, mark};
use crate::budget::Budget;
use crate::error::{Cap, ReadError};
use crate::found::{Found, Other, Plan};
use crate::manifest::media_type::{DSSE, SIGSTORE_BUNDLE, SIMPLE_SIGNING};
use crate::manifest::{Descriptor, ImageManifest};
use crate::memory::{self, SMALL};
use crate::source::Source;

/// Layers read together, in number and in bytes: bounds memory.
const GROUP: usize = 16;
const GROUP_BYTES: u64 = 4 * 1024 * 1024;
/// Payloads that are kept because many layers name the same one: cosign writes one payload for all signatures.
const KEPT: usize = 64;
const KEPT_BYTES: u64 = 16 * 1024;

/// A manifest that holds candidates.
struct Holder {
    /// Paths that list it.
    at: Vec<usize>,
    /// Where it is read: first where it was read itself.
    sources: Vec<usize>,
    digest: Digest,
    subject: Option<Digest>,
    hint: Option<String>,
}

/// One layer that is a candidate.
struct Pick {
    holder: Arc<Holder>,
    layer: Descriptor,
}

impl Pick {
    /// Descriptors of one digest and different sizes are different claims, of which one at most is true.
    fn claim(&self) -> Claim {
        (self.layer.digest.clone(), self.layer.size)
    }

    fn is_legacy(&self) -> bool {
        self.layer.media_type == SIMPLE_SIGNING || self.layer.media_type == DSSE
    }

    /// What makes it another candidate than one of the same content: the same evidence in two manifests counts and is
    /// judged once. Legacy layers share a payload: there the annotations make the difference, and the type by which it is
    /// read, which a stranger may give wrongly. The subject does everywhere: a stranger's manifest that holds a good
    /// bundle and names another image must not stand for the honest one (verdicts.md 4, "Monotone rules").
    fn own(&self) -> Digest {
        let legacy = self.is_legacy().then_some((&self.layer.media_type, &self.layer.annotations));
        Digest::sha256(format!("{:?}", (&self.holder.subject, legacy)).as_bytes())
    }
}

type Claim = (Digest, u64);

/// Reads candidates and remembers what was handed over.
pub(super) struct Reader<'a> {
    pub(super) sources: &'a [Arc<dyn Source>],
    attached_to: &'a Digest,
    plan: Plan,
    pub(super) budget: &'a Budget,
    picks: Vec<Pick>,
    /// Layers after the first of a manifest, with their place in it.
    later: Vec<(usize, Pick)>,
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
            later: Vec::new(),
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

    /// Takes the candidates out of a manifest: the first at once, the others when every manifest has had its turn, so
    /// that one of many layers does not use up what its path may read. A tag names one manifest alone, whose layers are
    /// all taken.
    pub(super) fn take(&mut self, slot: Slot, read: ReadManifest, progress: &mut [Progress]) {
        let (source, digest, manifest) = read;
        let Slot { at, sources, by_tag, hint, .. } = slot;
        let artifact_type = manifest.artifact_type().map(str::to_owned);
        let other =
            |note: String| progress[at[0]].others.push(Other { digest: digest.clone(), artifact_type, note });
        let ImageManifest::Image { layers, left_out, subject, .. } = manifest else {
            return other("an index".to_owned());
        };
        let total = layers.len() + left_out;
        let mut wanted: Vec<Descriptor> =
            layers.into_iter().filter(|layer| self.wants(&layer.media_type)).collect();
        let most = self.budget.limits().manifests;
        if left_out > 0 {
            cap(progress, &at, most);
        } else if wanted.is_empty() {
            return other(format!("{total} layers of other kinds"));
        }
        // cosign appends: the newest legacy signature is the last layer.
        wanted.reverse();
        let mut order = vec![source];
        order.extend(sources.into_iter().filter(|at| *at != source));
        let holder = Arc::new(Holder { at, sources: order, digest, subject, hint });
        for (place, layer) in wanted.into_iter().enumerate() {
            let pick = Pick { holder: Arc::clone(&holder), layer };
            if place == 0 || by_tag {
                self.pick(pick, progress);
            } else {
                self.later.push((place, pick));
            }
        }
        let room = most.saturating_mul(progress.len());
        if self.later.len() > room.saturating_mul(2) {
            self.later.sort_by_key(|(place, _)| *place);
            for (_, pick) in self.later.drain(room..) {
                cap(progress, &pick.holder.at, most);
            }
        }
    }

    /// Takes the layers that were left for later, the second of every manifest before the third of any.
    pub(super) fn take_later(&mut self, progress: &mut [Progress]) {
        let mut later = std::mem::take(&mut self.later);
        later.sort_by_key(|(place, _)| *place);
        for (_, pick) in later {
            self.pick(pick, progress);
        }
    }

    /// Takes a candidate, if its path may read one more.
    fn pick(&mut self, pick: Pick, progress: &mut [Progress]) {
        let most = self.budget.limits().manifests;
        let layers = &mut progress[pick.holder.at[0]].layers;
        if *layers == most {
            cap(progress, &pick.holder.at, most);
        } else {
            *layers += 1;
            self.picks.push(pick);
        }
    }

    /// Reads the candidates taken so far and hands them over in order.
    pub(super) async fn hand_over(&mut self, progress: &mut [Progress], on: &mut (dyn FnMut(Found) + Send)) {
        let mut picks = std::mem::take(&mut self.picks).into_iter().peekable();
        while picks.peek().is_some() {
            let (mut group, mut bytes) = (Vec::new(), 0_u64);
            while let Some(pick) = picks.next_if(|pick| {
                bytes = bytes.saturating_add(pick.layer.size);
                group.len() < GROUP && (group.is_empty() || bytes <= GROUP_BYTES)
            }) {
                if self.handed.contains(&(pick.layer.digest.clone(), pick.own())) {
                    count(&pick, progress);
                } else {
                    group.push(pick);
                }
            }
            self.hand_group(group, progress, on).await;
        }
    }

    /// What is read is held until the last of it is judged.
    async fn hand_group(
        &mut self,
        group: Vec<Pick>,
        progress: &mut [Progress],
        on: &mut (dyn FnMut(Found) + Send),
    ) {
        let mut paid = self.pay(&group);
        let bytes = paid.iter().filter(|(_, paid)| paid.is_ok()).map(|(pick, _)| pick.layer.size).sum();
        let held = memory::hold(bytes, memory::EVIDENCE, self.budget.deadline()).await;
        if let Err(cap) = held {
            for (_, paid) in &mut paid {
                *paid = paid.and(Err(cap));
            }
        }
        if bytes > SMALL && memory::has_threads() {
            memory::apart(|handle| {
                let read = handle.block_on(self.read_group(paid));
                self.hand_each(&group, read, progress, on);
            });
        } else {
            let read = self.read_group(paid).await;
            self.hand_each(&group, read, progress, on);
        }
    }

    fn hand_each(
        &mut self,
        group: &[Pick],
        mut read: HashMap<Claim, Result<Vec<u8>, ReadError>>,
        progress: &mut [Progress],
        on: &mut (dyn FnMut(Found) + Send),
    ) {
        for (at, pick) in group.iter().enumerate() {
            // The last of several equal layers takes the bytes; the others copy them.
            let last = group[at + 1..].iter().all(|later| later.claim() != pick.claim());
            self.hand(pick, last, &mut read, progress, on);
        }
    }

    fn hand(
        &mut self,
        pick: &Pick,
        last: bool,
        read: &mut HashMap<Claim, Result<Vec<u8>, ReadError>>,
        progress: &mut [Progress],
        on: &mut (dyn FnMut(Found) + Send),
    ) {
        let Pick { holder, layer } = pick;
        let digest = &layer.digest;
        if let Some(Err(error)) = read.get(&pick.claim()) {
            mark(progress, &holder.at, error);
            return;
        }
        if !self.handed.insert((digest.clone(), pick.own())) {
            count(pick, progress);
            return;
        }
        let bytes = if last { read.remove(&pick.claim()) } else { read.get(&pick.claim()).cloned() };
        let Some(bytes) = bytes.and_then(Result::ok).or_else(|| self.kept.get(digest).cloned()) else {
            return;
        };
        count(pick, progress);
        if self.kept.len() < KEPT && layer.size <= KEPT_BYTES && layer.media_type == SIMPLE_SIGNING {
            self.kept.entry(digest.clone()).or_insert_with(|| bytes.clone());
        }
        on(Found {
            path: progress[holder.at[0]].path,
            source: self.sources[holder.sources[0]].name().to_owned(),
            attached_to: self.attached_to.clone(),
            manifest_digest: holder.digest.clone(),
            digest: digest.clone(),
            media_type: layer.media_type.clone(),
            annotations: if pick.is_legacy() { layer.annotations.clone() } else { BTreeMap::new() },
            bytes,
            subject: holder.subject.clone(),
            descriptor_artifact_type: holder.hint.clone(),
        });
    }

    /// Each distinct blob of a group once. Bytes are taken out of the budget in order, before anything is asked for.
    fn pay<'g>(&self, group: &'g [Pick]) -> Vec<(&'g Pick, Result<(), Cap>)> {
        let cap = self.budget.limits().evidence_bytes;
        let mut distinct = HashSet::new();
        group
            .iter()
            .filter(|pick| !self.kept.contains_key(&pick.layer.digest) && distinct.insert(pick.claim()))
            .map(|pick| match pick.layer.size {
                size if size > cap => (pick, Err(Cap::EvidenceBytes(cap))),
                size => (pick, self.budget.reserve(size)),
            })
            .collect()
    }

    async fn read_group(
        &self,
        paid: Vec<(&Pick, Result<(), Cap>)>,
    ) -> HashMap<Claim, Result<Vec<u8>, ReadError>> {
        let read = paid.into_iter().map(|(pick, paid)| async move {
            let read = match paid {
                Ok(()) => self.read_layer(pick).await,
                Err(cap) => {
                    let from = self.sources[pick.holder.sources[0]].name().to_owned();
                    Err(ReadError::Limit { from, cap })
                }
            };
            (pick.claim(), read)
        });
        stream::iter(read).buffered(IN_FLIGHT).collect().await
    }

    /// From the first source that has it whole: it is the same content everywhere.
    async fn read_layer(&self, pick: &Pick) -> Result<Vec<u8>, ReadError> {
        let mut first: Option<ReadError> = None;
        let sources = &pick.holder.sources;
        for at in sources {
            match self.sources[*at].blob(&pick.layer, self.budget).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => first = first.or(Some(error)),
            }
        }
        let from = || sources.first().map_or_else(String::new, |at| self.sources[*at].name().to_owned());
        Err(first
            .unwrap_or_else(|| ReadError::NotFound { from: from(), what: pick.layer.digest.to_string() }))
    }
}

/// Counts a candidate for every path that lists it.
fn count(pick: &Pick, progress: &mut [Progress]) {
    for path in &pick.holder.at {
        progress[*path].candidates += 1;
    }
}

/// Tells every path that it has more layers than are read.
fn cap(progress: &mut [Progress], at: &[usize], most: usize) {
    for path in at {
        progress[*path].cap(format!("more than {most} layers"));
    }
}
