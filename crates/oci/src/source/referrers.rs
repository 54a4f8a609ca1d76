//! The referrers API (distribution-spec 1.1, "Listing Referrers").

use std::collections::HashSet;

use proofmark_core::Digest;
use proofmark_net::{NetError, Response};

use super::registry::{RegistrySource, slim};
use super::{End, Entry, Listing, Source as _};
use crate::budget::Budget;
use crate::error::ReadError;
use crate::found::PathKind;
use crate::link::{parse_link_header, resolve_same_origin};
use crate::manifest::media_type::OCI_INDEX;
use crate::manifest::{Descriptor, ManifestError, parse_index};

/// What one page says.
enum Page {
    List(Vec<Descriptor>),
    NotOffered,
    Failed(ReadError),
}

impl RegistrySource {
    /// Reads the list page by page. No filter is asked for: a descriptor's artifact type is a hint.
    pub(super) async fn list_referrers(&self, digest: &Digest, budget: &Budget) -> Listing {
        let mut entries = Vec::new();
        let end = self.read_pages(digest, budget, &mut entries).await.unwrap_or_else(End::from_error);
        Listing { path: PathKind::Referrers, entries, end }
    }

    async fn read_pages(
        &self,
        digest: &Digest,
        budget: &Budget,
        entries: &mut Vec<Entry>,
    ) -> Result<End, ReadError> {
        let limits = budget.limits();
        // Lists may take a quarter of the image's bytes, so that a long one leaves room for what it lists.
        let mut room = limits.image_bytes / 4;
        let mut path = self.api("referrers", &digest.to_string());
        let mut seen = HashSet::new();
        loop {
            if seen.len() == limits.pages {
                return Ok(End::Capped(format!("more than {} pages", limits.pages)));
            }
            seen.insert(path.clone());
            let Some(response) = self.page(&path, room, budget).await? else {
                return Ok(End::Capped("the list is too long".to_owned()));
            };
            room = room.saturating_sub(u64::try_from(response.body.len()).unwrap_or(u64::MAX));
            let first = seen.len() == 1;
            match self.read_page(&response, first) {
                Page::List(page) => {
                    let left = limits.descriptors - entries.len();
                    let capped = page.len() > left;
                    entries.extend(page.into_iter().take(left).map(slim).map(Entry::Listed));
                    if capped {
                        return Ok(End::Capped(format!("more than {} descriptors", limits.descriptors)));
                    }
                }
                Page::NotOffered => return Ok(End::NotOffered),
                Page::Failed(error) => return Err(error),
            }
            match response.link.as_deref().and_then(parse_link_header) {
                None => return Ok(End::Complete),
                Some(target) => match resolve_same_origin(&self.origin, &path, target) {
                    Some(next) => next[self.origin.len()..].clone_into(&mut path),
                    None => return Err(self.bad_page("it continues at another origin")),
                },
            }
            if seen.contains(&path) {
                return Err(self.bad_page("its pages lead in a circle"));
            }
        }
    }

    /// One page; `None` if it is longer than the list may be.
    async fn page(&self, path: &str, room: u64, budget: &Budget) -> Result<Option<Response>, ReadError> {
        let cap = budget.limits().manifest_bytes.min(room);
        let most = budget.at_most(cap).map_err(|cap| self.limit(cap))?;
        match self.get(path, OCI_INDEX.to_owned(), most, budget).await {
            Err(ReadError::Net { error: NetError::TooLarge { .. }, .. }) => Ok(None),
            Err(error) => Err(error),
            Ok(response) => {
                budget.spend(response.body.len());
                Ok(Some(response))
            }
        }
    }

    /// verdicts.md 4: "referrers 400/404/405/406/501, or a 200 that is no index = not offered; 401, 429, 5xx, timeout,
    /// cut body = failed". Later pages must be lists.
    fn read_page(&self, response: &Response, first: bool) -> Page {
        match response.status {
            200 => {}
            400 | 404 | 405 | 406 | 501 if first => return Page::NotOffered,
            status => return Page::Failed(self.status_error(status, "the referrers list".to_owned())),
        }
        match parse_index(&response.body) {
            Ok(list) => Page::List(list),
            Err(_) if first && is_something_else(response) => Page::NotOffered,
            Err(error) => Page::Failed(self.malformed_list(error)),
        }
    }

    fn bad_page(&self, what: &str) -> ReadError {
        self.malformed_list(ManifestError::Json(what.to_owned()))
    }

    fn malformed_list(&self, error: ManifestError) -> ReadError {
        ReadError::Malformed { from: self.name().to_owned(), what: "the referrers list".to_owned(), error }
    }
}

/// Whether a 200 is evidently an answer to another question (a web page, a JSON object without a list) and not an
/// index that was cut or damaged: a cut list must not read as "there is none".
fn is_something_else(response: &Response) -> bool {
    if response.content_type.as_deref() == Some(OCI_INDEX) {
        return false;
    }
    match serde_json::from_slice::<serde_json::Value>(&response.body) {
        Ok(value) => value.get("manifests").is_none(),
        Err(_) => response.body.trim_ascii_start().first() != Some(&b'{'),
    }
}
