//! Lists of a tool's versions.

use std::collections::BTreeMap;

use proofmark_core::Timestamp;
use proofmark_lock::is_version;
use serde_json::Value;

/// Releases of one list.
const MAX_RELEASES: usize = 20_000;

/// What a list of versions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFormat {
    /// GitHub's releases: tags `v1.2.3`.
    GitHub,
    /// Docker Hub's tags.
    DockerHub,
    /// A package of npm's registry.
    Npm,
    /// A project of PyPI.
    PyPi,
}

impl FeedFormat {
    /// Every format, with the name that recipes give it.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::GitHub, "github"), (Self::DockerHub, "docker-hub"), (Self::Npm, "npm"), (Self::PyPi, "pypi")];
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// As its vendor writes it.
    pub version: String,
    /// When it was published, as the list says.
    pub published: Option<Timestamp>,
}

/// Why a list of versions is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no list of versions as {format} has them: {why}")]
pub struct FeedError {
    /// What it should be.
    pub format: &'static str,
    /// What is wrong.
    pub why: String,
}

/// The releases of a list, without previews and without what has no version as a name.
///
/// # Errors
/// [`FeedError`]: it is something else.
pub fn releases(bytes: &[u8], format: FeedFormat) -> Result<Vec<Release>, FeedError> {
    let name = FeedFormat::ALL.iter().find(|(one, _)| *one == format).map_or("", |(_, name)| name);
    let wrong = |why: String| FeedError { format: name, why };
    let value: Value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let found = match format {
        FeedFormat::GitHub => value.as_array().map(|list| list.iter().filter_map(github).collect()),
        FeedFormat::DockerHub => {
            let list = value.get("results").and_then(Value::as_array);
            list.map(|list| list.iter().filter_map(|one| dated(one, "name", "tag_last_pushed")).collect())
        }
        FeedFormat::Npm => npm(&value),
        FeedFormat::PyPi => value.get("releases").and_then(Value::as_object).map(|all| {
            all.iter()
                .filter_map(|(version, files)| pypi(version, files))
                .collect::<Vec<(String, Option<Timestamp>)>>()
        }),
    };
    let found = found.ok_or_else(|| wrong("what lists them is not there".to_owned()))?;
    if found.len() > MAX_RELEASES {
        return Err(wrong(format!("it has more than {MAX_RELEASES}")));
    }
    let mut all: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    for (version, published) in found {
        if is_version(&version) && is_release(&version) {
            all.insert(version, published);
        }
    }
    Ok(all.into_iter().map(|(version, published)| Release { version, published }).collect())
}

/// Numbers with dots between them, at least two: neither `latest`, nor `2`, nor `2.33.0-beta.01`.
fn is_release(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    parts.len() > 1
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

type Row = (String, Option<Timestamp>);

fn dated(one: &Value, name: &str, time: &str) -> Option<Row> {
    let version = one.get(name)?.as_str()?;
    let version = version.strip_prefix('v').unwrap_or(version).to_owned();
    Some((version, one.get(time).and_then(Value::as_str).and_then(|text| text.parse().ok())))
}

fn github(one: &Value) -> Option<Row> {
    let flag = |key: &str| one.get(key).and_then(Value::as_bool) == Some(true);
    if flag("draft") || flag("prerelease") { None } else { dated(one, "tag_name", "published_at") }
}

fn npm(value: &Value) -> Option<Vec<Row>> {
    let versions = value.get("versions")?.as_object()?;
    let time = |version: &String| value.get("time")?.get(version)?.as_str()?.parse().ok();
    Some(versions.keys().map(|version| (version.clone(), time(version))).collect())
}

/// Published when its last file was: a file may be added to a release later. A release that was taken back has no file left, or
/// only such as are yanked (PEP 592).
fn pypi(version: &str, files: &Value) -> Option<Row> {
    let files = files.as_array()?;
    let there: Vec<&Value> =
        files.iter().filter(|file| file.get("yanked").and_then(Value::as_bool) != Some(true)).collect();
    let time = |file: &&Value| file.get("upload_time_iso_8601")?.as_str()?.parse::<Timestamp>().ok();
    let last = there.iter().map(time).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
    (!there.is_empty()).then(|| (version.to_owned(), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: FeedFormat) -> Vec<(String, Option<String>)> {
        let releases = releases(text.as_bytes(), format).unwrap();
        releases.into_iter().map(|one| (one.version, one.published.map(|at| at.to_string()))).collect()
    }

    #[test]
    fn every_format() {
        let one = |version: &str, at: Option<&str>| (version.to_owned(), at.map(str::to_owned));
        let github = r#"[{"tag_name": "v1.2.0", "published_at": "2026-01-02T03:04:05Z", "prerelease": false, "draft": false},
            {"tag_name": "v1.3.0", "published_at": "2026-02-02T03:04:05Z", "prerelease": true},
            {"tag_name": "chart-1.0", "published_at": "2026-02-02T03:04:05Z"}, {"tag_name": "v1.1.0"}]"#;
        assert_eq!(
            read(github, FeedFormat::GitHub),
            [one("1.1.0", None), one("1.2.0", Some("2026-01-02T03:04:05Z"))]
        );
        let hub = r#"{"results": [{"name": "2.39.0", "tag_last_pushed": "2026-08-01T00:00:00.5Z"}, {"name": "2"},
            {"name": "latest"}, {"name": "2.40.0-beta.01"}, {"name": "../2.1"}]}"#;
        assert_eq!(read(hub, FeedFormat::DockerHub), [one("2.39.0", Some("2026-08-01T00:00:00.5Z"))]);
        let npm = r#"{"versions": {"0.25.0": {}, "0.26.0-rc.1": {}}, "time": {"0.25.0": "2025-02-08T03:02:11Z", "modified": "x"}}"#;
        assert_eq!(read(npm, FeedFormat::Npm), [one("0.25.0", Some("2025-02-08T03:02:11Z"))]);
        let pypi = r#"{"releases": {"0.1": [], "0.2": [{"yanked": true, "upload_time_iso_8601": "2026-01-01T00:00:00Z"}],
            "0.3": [{"upload_time_iso_8601": "2026-01-01T00:00:00Z"}, {"upload_time_iso_8601": "2026-01-03T00:00:00Z"}],
            "0.4": [{"upload_time_iso_8601": "2026-01-01T00:00:00Z"}, {}]}}"#;
        assert_eq!(
            read(pypi, FeedFormat::PyPi),
            [one("0.3", Some("2026-01-03T00:00:00Z")), one("0.4", None)]
        );
    }

    #[test]
    fn what_is_no_list_is_an_error_and_not_an_empty_one() {
        for (_, format) in FeedFormat::ALL.iter().enumerate().map(|(at, (format, _))| (at, *format)) {
            for bad in ["", "nothing", "{}", "{\"message\": \"API rate limit exceeded\"}", "1"] {
                assert!(releases(bad.as_bytes(), format).is_err(), "{bad} {format:?}");
            }
        }
    }
}
