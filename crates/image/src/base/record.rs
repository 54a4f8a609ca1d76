//! What a row of `base-images.toml` is made of: the layers that a base image has on each platform.

use proofmark_core::{Digest, ImageRef, Platform, Reason, Refusal};
use proofmark_oci::{Budget, Client, ImageManifest, Plan, ReadError, Selector, Target};

use crate::rules::content;
use crate::verify::configured_platform;

/// A base image on the platforms on which it has the same layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The digest that was asked for, and those of the manifests below it.
    pub digests: Vec<Digest>,
    /// The platforms, in the order of the index.
    pub platforms: Vec<Platform>,
    /// The digests of all of its uncompressed layers, the lowest first.
    pub diff_ids: Vec<Digest>,
}

/// Reads the layers of an image by the digest that was verified, for every platform on which it runs.
///
/// # Errors
/// The refusal of an image that cannot be read, is not of one piece, or has a platform without layers.
pub fn record(
    client: &Client,
    budget: &Budget,
    target: &Target,
    digest: &Digest,
) -> Result<Vec<Recorded>, Refusal> {
    let unread = |error: &ReadError| content::refusal(error);
    let target = by_digest(target, digest)?;
    let examined = client.examine(&target, Plan::NOTHING, budget, &mut |_| {}).map_err(|e| unread(&e))?;
    let (place, manifest) = (&examined.place, &examined.manifest);
    let children = client.children(place, digest, manifest, budget).map_err(|e| unread(&e))?.runnable;
    let known = |one: &Digest| (one == digest).then_some(manifest);
    let wanted: Vec<(&Digest, Option<&ImageManifest>)> =
        children.iter().map(|child| (&child.digest, known(&child.digest))).collect();
    let mut rows: Vec<Recorded> = Vec::new();
    for (child, read) in children.iter().zip(client.configured(place, &wanted, budget)) {
        let image = read.map_err(|error| unread(&error))?;
        let platform = configured_platform(&image, Some(child)).map_err(|refusal| *refusal)?;
        let diff_ids = image.config.diff_ids;
        if diff_ids.is_empty() {
            let message = format!("the image has no layers on {platform}: every image would stand on it");
            return Err(Refusal::new(Reason::Base, message, "approve a base image that has layers"));
        }
        if let Some(row) = rows.iter_mut().find(|row| row.diff_ids == diff_ids) {
            push_new(&mut row.platforms, platform);
            push_new(&mut row.digests, child.digest.clone());
        } else {
            let mut digests = vec![digest.clone()];
            push_new(&mut digests, child.digest.clone());
            rows.push(Recorded { digests, platforms: vec![platform], diff_ids });
        }
    }
    Ok(rows)
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// The same image by digest alone: a tag is not resolved again, or it could be another by now (REF-01).
fn by_digest(target: &Target, digest: &Digest) -> Result<Target, Refusal> {
    let no_digest = |text: String| Refusal::new(Reason::Malformed, text, "name the image by digest");
    Ok(match target {
        Target::Registry(reference) => {
            let text = format!("{}@{digest}", reference.repository());
            Target::Registry(ImageRef::parse(&text).map_err(|error| no_digest(error.to_string()))?)
        }
        Target::Layout { dir, as_repository, .. } => Target::Layout {
            dir: dir.clone(),
            selector: Selector::Digest(digest.clone()),
            as_repository: as_repository.clone(),
        },
    })
}
