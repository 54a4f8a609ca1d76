//! The referrers API (distribution-spec 1.1, "Listing Referrers").

use std::collections::HashSet;

use proofmark_core::Digest;
use proofmark_net::{NetError, Response};

use super::lists::slim;
use super::registry::RegistrySource;
use super::{End, Entry, Listing, Source as _};
use crate::budget::Budget;
use crate::error::ReadError;
use crate::found::PathKind;
use crate::link::{Link, read_link, resolve_same_origin};
use crate::manifest::media_type::{DOCKER_LIST, OCI_INDEX};
use crate::manifest::{List, ManifestError, parse_list};
use crate::memory::{self, STEPS};

/// One page that was read.
struct Page {
    list: List,
    bytes: u64,
    link: Option<String>,
    /// `Content-Type` says that it is an index.
    announced: bool,
}

/// What was answered for a page.
enum Answer {
    Page(Page),
    NotOffered,
    TooLong,
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
        let mut spoilt: Option<ReadError> = None;
        loop {
            if seen.len() == limits.pages {
                return Ok(End::Capped(format!("more than {} pages", limits.pages)));
            }
            seen.insert(path.clone());
            let first = seen.len() == 1;
            let page = match self.page(&path, first, room, limits.descriptors - entries.len(), budget).await?
            {
                Answer::Page(page) => page,
                Answer::NotOffered => return Ok(End::NotOffered),
                Answer::TooLong => return Ok(End::Capped("the list is too long".to_owned())),
            };
            room = room.saturating_sub(page.bytes);
            let List { descriptors, left_out, error, is_something_else } = page.list;
            // verdicts.md 4: "a 200 that is no index = not offered". Later pages must be lists.
            if first && is_something_else && !page.announced {
                return Ok(End::NotOffered);
            }
            entries.extend(descriptors.into_iter().map(slim).map(Entry::Listed));
            if let Some(error) = error {
                spoilt.get_or_insert_with(|| self.malformed_list(error));
            }
            if left_out > 0 {
                return Ok(End::Capped(format!("more than {} descriptors", limits.descriptors)));
            }
            match self.next(&path, page.link.as_deref())? {
                None => return spoilt.map_or(Ok(End::Complete), Err),
                Some(next) => path = next,
            }
            if seen.contains(&path) {
                return Err(self.bad_page("its pages lead in a circle"));
            }
        }
    }

    /// The path of the next page, if there is one.
    fn next(&self, path: &str, link: Option<&str>) -> Result<Option<String>, ReadError> {
        match read_link(link.unwrap_or_default()) {
            Link::None => Ok(None),
            Link::Unreadable => Err(self.bad_page("where it continues cannot be read")),
            Link::Next(target) => match resolve_same_origin(&self.origin, path, target) {
                Some(next) => Ok(Some(next[self.origin.len()..].to_owned())),
                None => Err(self.bad_page("it continues at another origin")),
            },
        }
    }

    /// One page of at most `room` bytes, and at most `most` descriptors of it.
    async fn page(
        &self,
        path: &str,
        first: bool,
        room: u64,
        most: usize,
        budget: &Budget,
    ) -> Result<Answer, ReadError> {
        let room = budget.at_most(room).map_err(|cap| self.limit(cap))?;
        let [small, larger @ ..] = STEPS.map(|step| step.min(room));
        if let Some(page) = self.page_within(small, path, first, most, budget).await? {
            return Ok(page);
        }
        for step in larger {
            let held = memory::hold(step, memory::LIST, budget.deadline()).await;
            let held = held.map_err(|cap| self.limit(cap))?;
            let (this, path, budget) = (self.clone(), path.to_owned(), budget.share());
            let page =
                memory::beside(
                    held,
                    async move { this.page_within(step, &path, first, most, &budget).await },
                );
            if let Some(page) = page.await.unwrap_or(Ok(None))? {
                return Ok(page);
            }
            if step == room {
                break;
            }
        }
        Ok(Answer::TooLong)
    }

    /// One page of at most so many bytes; `None` if it is longer.
    async fn page_within(
        &self,
        bytes: u64,
        path: &str,
        first: bool,
        most: usize,
        budget: &Budget,
    ) -> Result<Option<Answer>, ReadError> {
        let response = match self.get(path, OCI_INDEX.to_owned(), bytes, budget).await {
            Err(ReadError::Net { error: NetError::TooLarge { .. }, .. }) => return Ok(None),
            answer => answer?,
        };
        budget.spend(response.body.len());
        budget.reserve(0).map_err(|cap| self.limit(cap))?;
        self.read_page(response, first, most).map(Some)
    }

    /// verdicts.md 4: "referrers 400/404/405/406/501 … = not offered; 401, 429, 5xx, timeout, cut body = failed".
    fn read_page(&self, response: Response, first: bool, most: usize) -> Result<Answer, ReadError> {
        match response.status {
            200 => {}
            400 | 404 | 405 | 406 | 501 if first => return Ok(Answer::NotOffered),
            status => return Err(self.status_error(status, "the referrers list".to_owned())),
        }
        Ok(Answer::Page(Page {
            list: parse_list(&response.body, most),
            bytes: u64::try_from(response.body.len()).unwrap_or(u64::MAX),
            link: response.link,
            announced: matches!(response.content_type.as_deref(), Some(OCI_INDEX | DOCKER_LIST)),
        }))
    }

    fn bad_page(&self, what: &str) -> ReadError {
        self.malformed_list(ManifestError::Json(what.to_owned()))
    }

    fn malformed_list(&self, error: ManifestError) -> ReadError {
        ReadError::Malformed { from: self.name().to_owned(), what: "the referrers list".to_owned(), error }
    }
}
