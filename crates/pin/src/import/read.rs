//! The formats: `aqua-checksums.json`, `mise.lock`, and lists of checksums as `sha256sum` writes them.

use proofmark_core::Digest;
use serde_json::Value;

use super::guess;
use super::{ImportError, ImportOptions, Row};

/// Entries of a list.
const MAX_ENTRIES: usize = 20_000;

/// Entries that make no pin of which it is told why.
const MAX_TOLD: usize = 20;

/// One entry, before it is known whether it makes a pin.
#[derive(Default)]
struct Entry {
    url: String,
    sha256: String,
    size: Option<u64>,
    tool: Option<String>,
    version: Option<String>,
    /// What the list itself calls the platform.
    platform: Option<String>,
}

pub(super) fn rows(bytes: &[u8], options: &ImportOptions) -> Result<(Vec<Row>, Vec<String>), ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::Format("it is not UTF-8".to_owned()))?;
    let entries = match text.trim_start() {
        begins if begins.starts_with('{') => aqua(text)?,
        begins if begins.starts_with('[') || text.contains("\n[") => mise(text)?,
        _ => sums(text, options)?,
    };
    if entries.len() > MAX_ENTRIES {
        return Err(ImportError::Format(format!("it has more than {MAX_ENTRIES} entries")));
    }
    let (mut rows, mut skipped, mut more) = (Vec::new(), Vec::new(), 0_usize);
    let wanted = |entry: &Entry| options.only.as_ref().is_none_or(|only| entry.url.contains(only.as_str()));
    for entry in entries.into_iter().filter(wanted) {
        let name = entry.url.clone();
        match row(entry, options) {
            Ok(row) => rows.push(row),
            Err(why) if skipped.len() < MAX_TOLD => skipped.push(format!("{name}: {why}")),
            Err(_) => more += 1,
        }
    }
    if more > 0 {
        skipped.push(format!("and {more} entries more"));
    }
    Ok((rows, skipped))
}

fn row(entry: Entry, options: &ImportOptions) -> Result<Row, String> {
    if guess::archive(&entry.url).is_none() {
        return Err("it is neither an executable nor an archive that is unpacked".to_owned());
    }
    let platform =
        entry.platform.as_deref().and_then(guess::platform).or_else(|| guess::platform(&entry.url));
    let version = options.version.clone().or(entry.version).or_else(|| guess::version(&entry.url));
    let tool = options.tool.clone().or(entry.tool).or_else(|| guess::tool(&entry.url));
    Ok(Row {
        tool: tool.ok_or("which tool it is, its name does not say: --tool NAME")?,
        version: version.ok_or("which version it is, its address does not say: --tool-version VERSION")?,
        platform: platform.ok_or("for which platform it is, its name does not say")?,
        sha256: Digest::parse(&format!("sha256:{}", entry.sha256.to_ascii_lowercase()))
            .map_err(|_| "its checksum is no SHA-256".to_owned())?,
        url: entry.url,
        size: entry.size,
    })
}

/// `{"checksums": [{"id": "github_release/github.com/OWNER/REPO/TAG/ASSET", "checksum": "…", "algorithm": "sha256"}]}`
fn aqua(text: &str) -> Result<Vec<Entry>, ImportError> {
    let value: Value = serde_json::from_str(text).map_err(|error| ImportError::Format(error.to_string()))?;
    let list = value.get("checksums").and_then(Value::as_array);
    let list = list.ok_or_else(|| ImportError::Format("a JSON file without `checksums`".to_owned()))?;
    let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entry = |one: &Value| {
        let sha256 = if text(one, "algorithm") == "sha256" { text(one, "checksum") } else { String::new() };
        let id = text(one, "id");
        let (kind, rest) = id.split_once('/').unwrap_or((id.as_str(), ""));
        let parts: Vec<&str> = rest.split('/').collect();
        match (kind, parts.as_slice()) {
            ("github_release", [host, owner, repository, tag @ .., asset]) if !tag.is_empty() => Entry {
                url: format!(
                    "https://{host}/{owner}/{repository}/releases/download/{}/{asset}",
                    tag.join("/")
                ),
                sha256,
                ..Entry::default()
            },
            ("http", _) => Entry { url: format!("https://{rest}"), sha256, ..Entry::default() },
            // What is not a download: registries, and the packages of other managers.
            _ => Entry { url: id.clone(), ..Entry::default() },
        }
    };
    Ok(list.iter().map(entry).collect())
}

/// `[[tools.NAME]]` with `version`, and `[tools.NAME.platforms.PLATFORM]` with `checksum`, `size`, `url`.
fn mise(text: &str) -> Result<Vec<Entry>, ImportError> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| ImportError::Format(error.message().to_owned()))?;
    let tools = table.get("tools").and_then(toml::Value::as_table);
    let tools = tools.ok_or_else(|| ImportError::Format("a TOML file without `tools`".to_owned()))?;
    let mut entries = Vec::new();
    for (name, value) in tools {
        let versions = match value {
            toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_table).collect(),
            toml::Value::Table(one) => vec![one],
            _ => Vec::new(),
        };
        for one in versions {
            let version = one.get("version").and_then(toml::Value::as_str).map(str::to_owned);
            for (platform, of) in platforms(one) {
                let text = |key: &str| of.get(key).and_then(toml::Value::as_str).unwrap_or_default();
                entries.push(Entry {
                    url: text("url").to_owned(),
                    sha256: text("checksum").strip_prefix("sha256:").unwrap_or_default().to_owned(),
                    size: of
                        .get("size")
                        .and_then(toml::Value::as_integer)
                        .and_then(|size| u64::try_from(size).ok()),
                    tool: Some(name.rsplit(['/', ':']).next().unwrap_or(name).to_ascii_lowercase()),
                    version: version.clone(),
                    platform: Some(platform.to_owned()),
                });
            }
        }
    }
    Ok(entries)
}

/// Both forms that mise has written: a table of platforms, and keys `platforms.PLATFORM`.
fn platforms(one: &toml::Table) -> Vec<(&str, &toml::Table)> {
    let nested = one.get("platforms").and_then(toml::Value::as_table).into_iter().flatten();
    let nested = nested.map(|(name, of)| (name.as_str(), of));
    let flat = one.iter().filter_map(|(key, of)| Some((key.strip_prefix("platforms.")?, of)));
    nested.chain(flat).filter_map(|(name, of)| Some((name, of.as_table()?))).collect()
}

/// `HEX  FILE` or `HEX *FILE`, a line each.
fn sums(text: &str, options: &ImportOptions) -> Result<Vec<Entry>, ImportError> {
    let base = options.url.as_deref().ok_or_else(|| {
        ImportError::Format(
            "a list of checksums does not say where its files are: add --url https://…/".to_owned(),
        )
    })?;
    let mut entries = Vec::new();
    for line in text.lines().map(str::trim_ascii).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (sum, name) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let name = name.trim_ascii_start().trim_start_matches('*').trim_start_matches("./");
        if sum.len() != 64 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) || name.is_empty() {
            return Err(ImportError::Format(
                "a line of it is not a SHA-256 and the name of a file".to_owned(),
            ));
        }
        let url = format!("{}/{name}", base.trim_end_matches('/'));
        entries.push(Entry { url, sha256: sum.to_owned(), ..Entry::default() });
    }
    Ok(entries)
}
