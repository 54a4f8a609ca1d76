//! Which manifests are read, and in which order.

use std::collections::HashMap;

use proofmark_core::{Digest, Limits};

use super::Progress;
use crate::manifest::Descriptor;
use crate::manifest::media_type::{DOCKER_CONFIG, IN_TOTO, OCI_CONFIG, OCI_EMPTY, SIGSTORE_BUNDLE};
use crate::source::{Entry, Listing};

/// One manifest to read, and every path that lists it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) entry: Entry,
    pub(super) slot: Slot,
}

/// Who lists a manifest.
#[derive(Debug)]
pub(super) struct Slot {
    /// Paths, as indexes into the progress.
    pub(super) at: Vec<usize>,
    /// The sources of those paths, each once.
    pub(super) sources: Vec<usize>,
    /// Whether a tag named it alone, and it has been read.
    pub(super) by_tag: bool,
    /// The artifact type in the descriptor: a hint.
    pub(super) hint: Option<String>,
    class: u8,
}

impl Job {
    /// Bytes that must be read for it.
    pub(super) fn size(&self) -> u64 {
        size(&self.entry).unwrap_or(0)
    }
}

fn digest(entry: &Entry) -> &Digest {
    match entry {
        Entry::Listed(listed) => &listed.digest,
        Entry::Read(digest, _) => digest,
    }
}

/// Its length, unless it was read.
fn size(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Listed(listed) => Some(listed.size),
        Entry::Read(..) => None,
    }
}

/// verdicts.md 4, order: "bundle types, then empty, in-toto, cosign or absent types, then the rest".
fn class(entry: &Entry) -> u8 {
    match entry {
        // `.sig` and `.att` are here already, and few.
        Entry::Read(..) => 0,
        Entry::Listed(Descriptor { artifact_type, .. }) => match artifact_type.as_deref() {
            Some(kind) if kind.starts_with(SIGSTORE_BUNDLE) => 0,
            None | Some("" | OCI_EMPTY | IN_TOTO | OCI_CONFIG | DOCKER_CONFIG) => 1,
            Some(kind) if kind.contains(".cosign.") => 1,
            Some(_) => 2,
        },
    }
}

/// Makes one queue of all lists: equal digests once, at most `limits.manifests` a path, in the fixed order.
pub(super) fn plan(lists: Vec<(usize, Vec<Listing>)>, limits: &Limits) -> (Vec<Progress>, Vec<Job>) {
    let mut progress: Vec<Progress> = Vec::new();
    let mut queue: Vec<Job> = Vec::new();
    // A descriptor of another size is another claim: a mirror that lists the good digest with a wrong one must not hide
    // what the origin lists.
    let mut known: HashMap<(Digest, Option<u64>), usize> = HashMap::new();
    for (source, listings) in lists {
        for Listing { path, mut entries, end } in listings {
            let at = progress.len();
            let mut one = Progress { source, path, end, candidates: 0, layers: 0, others: Vec::new() };
            // Stable: within a class the list's own order holds.
            entries.sort_by_key(class);
            let mut manifests = 0;
            for entry in entries {
                let listed = (digest(&entry).clone(), size(&entry));
                let read = (listed.0.clone(), None);
                let job = known.get(&listed).or_else(|| known.get(&read)).copied();
                if let Some(job) = job.and_then(|job| queue.get_mut(job)) {
                    join(&mut job.slot, at, source);
                    continue;
                }
                manifests += 1;
                if manifests > limits.manifests {
                    one.cap(format!("more than {} manifests", limits.manifests));
                    break;
                }
                known.insert(listed, queue.len());
                let (class, by_tag) = (class(&entry), matches!(entry, Entry::Read(..)));
                let hint = match &entry {
                    Entry::Listed(listed) => listed.artifact_type.clone(),
                    Entry::Read(..) => None,
                };
                let slot = Slot { at: vec![at], sources: vec![source], by_tag, hint, class };
                queue.push(Job { entry, slot });
            }
            progress.push(one);
        }
    }
    queue.sort_by_key(|job| job.slot.class);
    (progress, queue)
}

fn join(slot: &mut Slot, at: usize, source: usize) {
    if !slot.at.contains(&at) {
        slot.at.push(at);
    }
    if !slot.sources.contains(&source) {
        slot.sources.push(source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::PathKind;
    use crate::source::End;

    fn listed(seed: &str, artifact_type: Option<&str>) -> Entry {
        Entry::Listed(Descriptor {
            media_type: String::new(),
            digest: Digest::sha256(seed.as_bytes()),
            size: 1,
            platform: None,
            artifact_type: artifact_type.map(str::to_owned),
            annotations: std::collections::BTreeMap::new(),
        })
    }

    #[test]
    fn orders_by_type_and_reads_equal_digests_once() {
        let list = |path, entries| Listing { path, entries, end: End::Complete };
        let bundle = Some("application/vnd.dev.sigstore.bundle.v0.3+json");
        let lists = vec![(
            0,
            vec![
                list(
                    PathKind::Referrers,
                    vec![
                        listed("sbom", Some("application/spdx+json")),
                        listed("none", None),
                        listed("b", bundle),
                    ],
                ),
                list(PathKind::FallbackTag, vec![listed("b", Some(OCI_EMPTY)), listed("c", bundle)]),
            ],
        )];
        let (progress, queue) = plan(lists, &Limits::default());
        assert_eq!(progress.len(), 2);
        let order: Vec<&Digest> = queue.iter().map(|job| digest(&job.entry)).collect();
        let expected: Vec<Digest> =
            ["b", "c", "none", "sbom"].iter().map(|s| Digest::sha256(s.as_bytes())).collect();
        assert_eq!(order, expected.iter().collect::<Vec<_>>());
        assert_eq!(queue[0].slot.at, [0, 1]);
    }

    /// A mirror that lists the good digest with another size does not hide the origin's.
    #[test]
    fn keeps_descriptors_of_other_sizes() {
        let Entry::Listed(good) = listed("b", None) else { unreachable!() };
        let lie = Entry::Listed(Descriptor { size: 7, ..good.clone() });
        let list =
            |entry| vec![Listing { path: PathKind::Referrers, entries: vec![entry], end: End::Complete }];
        let lists = vec![(0, list(lie)), (1, list(Entry::Listed(good)))];
        let (_, queue) = plan(lists, &Limits::default());
        assert_eq!(
            queue.iter().map(|job| (job.size(), job.slot.sources[0])).collect::<Vec<_>>(),
            [(7, 0), (1, 1)]
        );
    }

    /// REG-05: what stays unread makes the path capped.
    #[test]
    fn reg_05_caps_manifests_of_a_path() {
        let entries = (0..9).map(|n| listed(&n.to_string(), None)).collect();
        let lists = vec![(0, vec![Listing { path: PathKind::Referrers, entries, end: End::Complete }])];
        let (progress, queue) = plan(lists, &Limits { manifests: 4, ..Limits::default() });
        assert_eq!(queue.len(), 4);
        assert!(matches!(&progress[0].end, End::Capped(what) if what.contains('4')));
    }
}
