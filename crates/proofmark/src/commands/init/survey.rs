//! What the images that files name show: their digests, and who signed them.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::{Limits, Origin, Repository, Timestamp};
use proofmark_engine::in_parallel;
use proofmark_image::signed::{Signed, SignedBy, SignedSetting, signed};
use proofmark_image::{Authority, Request, SignerFacts};
use proofmark_oci::{Budget, Client};
use proofmark_policy::{FirstImage, FirstSigner, Seen, SeenBy};

use super::authorities::{Against, Authorities};
use crate::client;
use crate::commands::verify::Surroundings;
use crate::failure::Failure;
use crate::progress::Bar;

/// Each repository with what its images showed, by name.
pub(super) fn survey(
    images: &[(Request, Vec<Origin>)],
    authorities: &Authorities,
    no_cache: bool,
    surroundings: &Surroundings<'_>,
    now: Timestamp,
) -> Result<Vec<FirstImage>, Failure> {
    let limits = Limits::default();
    let client = client::build(&[], &limits, no_cache, limits.images_in_flight, surroundings)?;
    let (against, asked): (Vec<Against<'_>>, Vec<Authority<'_>>) = authorities.asked().into_iter().unzip();
    // One image may be named for several platforms: its signatures are on its own digest.
    let mut requests: BTreeMap<&str, &Request> = BTreeMap::new();
    for (request, _) in images {
        requests.entry(&request.written).or_insert(request);
    }
    let requests: Vec<&Request> = requests.into_values().collect();
    let bar = Bar::new(requests.len(), 1, surroundings.progress, surroundings.environment);
    let look = Look { client: &client, limits: &limits, asked: &asked, against: &against, now };
    let seen = in_parallel(&requests, limits.images_in_flight, |request| look.at(request, &bar));
    bar.finish();
    let failed = |request: &Request| Seen::Nothing {
        reference: request.written.clone(),
        cause: "proofmark itself failed on this image".to_owned(),
    };
    let seen =
        requests.iter().zip(seen).map(|(request, seen)| (*request, seen.unwrap_or_else(|| failed(request))));
    Ok(by_repository(seen, images))
}

fn by_repository<'a>(
    seen: impl Iterator<Item = (&'a Request, Seen)>,
    images: &[(Request, Vec<Origin>)],
) -> Vec<FirstImage> {
    let mut all: BTreeMap<String, FirstImage> = BTreeMap::new();
    for (request, seen) in seen {
        let repository: &Repository = request.target.repository();
        let new = || FirstImage { repository: repository.clone(), places: Vec::new(), seen: Vec::new() };
        all.entry(repository.to_string()).or_insert_with(new).seen.push(seen);
    }
    for image in all.values_mut() {
        let own = images.iter().filter(|(request, _)| *request.target.repository() == image.repository);
        let places: BTreeSet<String> = own.flat_map(|(_, places)| places).map(place).collect();
        image.places = places.into_iter().collect();
    }
    all.into_values().collect()
}

fn place(origin: &Origin) -> String {
    format!("{}:{}", origin.file, origin.start.line)
}

/// How images are looked at.
struct Look<'a> {
    client: &'a Client,
    limits: &'a Limits,
    asked: &'a [Authority<'a>],
    against: &'a [Against<'a>],
    now: Timestamp,
}

impl Look<'_> {
    fn at(&self, request: &Request, bar: &Bar) -> Seen {
        let budget = Budget::new(self.limits);
        let setting =
            SignedSetting { client: self.client, budget: &budget, authorities: self.asked, now: self.now };
        let seen = match signed(&setting, &request.target) {
            Ok(signed) => self.seen(request, signed),
            Err(error) => Seen::Nothing {
                reference: request.written.clone(),
                cause: format!("{}: {error}; {}", error.reason(), error.help()),
            },
        };
        proofmark_engine::Progress::done(bar, &request.written, 0);
        seen
    }

    /// Where nobody is known and a path was not read to its end, nobody can say that nobody signed it.
    fn seen(&self, request: &Request, signed: Signed) -> Seen {
        let reference = request.written.clone();
        let cut = signed.paths.iter().find(|path| !path.is_complete());
        if let Some(path) = cut.filter(|_| signed.by.is_empty()) {
            let cause = format!("not all of its signatures could be read: {}", path.path.as_str());
            return Seen::Nothing { reference, cause };
        }
        let (mut by, mut others) = (Vec::new(), signed.others);
        for one in signed.by {
            match self.signer(one) {
                Some(signer) => by.push(signer),
                None => others += 1,
            }
        }
        Seen::Image { reference, digest: signed.digest, by, others }
    }

    /// As a policy can name it: a certificate with several names, or without an issuer, is nobody.
    fn signer(&self, one: SignedBy) -> Option<FirstSigner> {
        let (by, root) = match (self.against.get(one.authority)?, one.signer) {
            (Against::Root(root), SignerFacts::Certificate(facts)) => {
                let (san, name) = facts.san()?;
                let (name, issuer) = (name.to_owned(), facts.issuer()?.to_owned());
                (SeenBy::Certificate { issuer, san, name, extensions: facts.extensions }, *root)
            }
            (Against::Key { file, root, unlogged }, SignerFacts::Key { .. }) => {
                (SeenBy::Key { file: (*file).to_owned(), unlogged: *unlogged }, *root)
            }
            _ => return None,
        };
        Some(FirstSigner { by, root: root.to_owned(), time: one.time })
    }
}
