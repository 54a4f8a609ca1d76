//! Addresses that an index tells.

use proofmark_lock::is_url;
use serde_json::Value;

use super::error::AddError;
use super::outside::{Fetch, MAX_LISTING};
use crate::recipe::{Planned, PlannedPlace};

/// Where the download is: told by the recipe, or by an index.
pub(super) fn address<F: Fetch>(fetch: &mut F, planned: &Planned<'_>) -> Result<String, AddError> {
    let (at, file) = match &planned.place {
        PlannedPlace::Url(url) => return Ok(url.clone()),
        PlannedPlace::Index { at, file } => (at, file),
    };
    let bytes = fetch.small(at, MAX_LISTING)?.ok_or_else(|| AddError::NotThere { url: at.clone() })?;
    let found = serde_json::from_slice::<Value>(&bytes).ok().and_then(|index| indexed(&index, at, file));
    found.ok_or_else(|| AddError::NotIndexed { at: at.clone(), file: file.clone() })
}

/// The address of a file in an index of PyPI: an entry with this name of `urls` or `releases` (its JSON API) or of `files` (PEP 691).
fn indexed(index: &Value, at: &str, file: &str) -> Option<String> {
    let lists = ["urls", "files"].iter().filter_map(|key| index.get(key)?.as_array());
    let releases = index.get("releases").and_then(Value::as_object).into_iter().flatten();
    let entries = lists.chain(releases.filter_map(|(_, files)| files.as_array())).flatten();
    let mut named = entries.filter(|entry| entry.get("filename").and_then(Value::as_str) == Some(file));
    let url = resolved(at, named.next()?.get("url")?.as_str()?)?;
    let last = url.rsplit('/').next().unwrap_or_default();
    (is_url(&url) && last == file).then_some(url)
}

/// "The URL … may be relative" (PEP 691): an address below the index's host then (RFC 3986 5.2, without its queries).
fn resolved(base: &str, url: &str) -> Option<String> {
    if url.starts_with("https://") {
        return Some(url.to_owned());
    }
    let rest = base.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    let mut parts: Vec<&str> = if url.starts_with('/') { Vec::new() } else { path.split('/').collect() };
    parts.pop();
    for part in url.strip_prefix('/').unwrap_or(url).split('/') {
        match part {
            // Of a scheme of its own, of another host, or with an empty name.
            part if part.is_empty() || part.contains(':') => return None,
            "." => {}
            // Above the root there is nothing.
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("https://{host}/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_addresses() {
        let base = "https://pypi.org/pypi/ruff/json";
        for (url, to) in [
            ("https://files.test/x.whl", Some("https://files.test/x.whl")),
            ("x.whl", Some("https://pypi.org/pypi/ruff/x.whl")),
            ("../../packages/ab/x.whl", Some("https://pypi.org/packages/ab/x.whl")),
            ("../../../../x.whl", Some("https://pypi.org/x.whl")),
            ("/packages/./x.whl", Some("https://pypi.org/packages/x.whl")),
            ("//evil.test/x.whl", None),
            ("http://evil.test/x.whl", None),
            ("ftp:x.whl", None),
            ("", None),
        ] {
            assert_eq!(resolved(base, url).as_deref(), to, "{url}");
        }
    }
}
