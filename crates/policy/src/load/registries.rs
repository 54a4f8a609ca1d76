//! `allowlists/registries.toml`: what is not listed is refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proofmark_core::registry::{Mirror, MirrorAt, ProxyOf, RegistryEntry};
use proofmark_core::{Host, Origin};

use super::pattern;
use crate::error::{Code, Errors};
use crate::files::is_confined;
use crate::schema::files::REGISTRIES;
use crate::schema::{self, Item, Text, View};
use crate::source::Source;

/// An entry whose files are not read yet, and where it names them.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) entry: RegistryEntry,
    pub(super) ca_file: Option<Text>,
    /// Of each mirror.
    pub(super) mirror_origins: Vec<Origin>,
}

/// The entries, with paths as they are written.
pub(super) fn read(source: &Source, errors: &mut Errors) -> Vec<Listed> {
    schema::parse(source, &REGISTRIES, errors, |view, errors| {
        let entries: Vec<_> = view.rows("registry").iter().filter_map(|row| registry(row, errors)).collect();
        check_together(&entries, errors);
        entries
    })
}

fn registry(row: &View<'_>, errors: &mut Errors) -> Option<Listed> {
    let host = row.text("host").and_then(|text| host(&text, errors));
    let plain_http = row.flag("plain-http");
    let (mirrors, mirror_origins) = mirrors(row, errors).into_iter().unzip();
    let entry = RegistryEntry {
        repositories: repositories(row, errors)?,
        mirrors,
        proxy_of: proxy_of(row, errors),
        ca_file: None,
        auth_realms: realms(row, errors),
        host: host?,
        plain_http,
        origin: row.key("host"),
    };
    let ca_file = ca_file(row, errors);
    if entry.plain_http == Some(true) && ca_file.is_some() {
        let message = "plain-http = true has no certificate that ca-file could check";
        errors.push(Code::RegistryConflict, &row.key("ca-file"), message, "remove plain-http or ca-file");
    }
    Some(Listed { entry, ca_file, mirror_origins })
}

fn host(text: &Text, errors: &mut Errors) -> Option<Host> {
    Host::parse(&text.value)
        .map_err(|error| {
            let help = "write host or host:port, without scheme and path";
            errors.push(Code::BadValue, &text.origin, error.to_string(), help);
        })
        .ok()
}

/// `None` if the list is there and says nothing: it must not become "all".
fn repositories(row: &View<'_>, errors: &mut Errors) -> Option<Vec<proofmark_core::pattern::Glob>> {
    let Some(item) = row.item("repositories") else { return Some(Vec::new()) };
    let texts = item.texts()?;
    if texts.is_empty() {
        errors.push(
            Code::EmptyList,
            &item.origin(),
            "repositories is empty",
            "name repositories, or remove it to allow all",
        );
        return None;
    }
    // Every one is looked at, so that all errors are told.
    let globs: Vec<_> = texts.iter().map(|text| pattern::path(text, errors)).collect();
    globs.into_iter().collect()
}

fn mirrors(row: &View<'_>, errors: &mut Errors) -> Vec<(Mirror, Origin)> {
    let list = row.item("mirrors").and_then(Item::list).unwrap_or_default();
    let mut mirrors = Vec::new();
    for table in list.into_iter().filter_map(Item::table) {
        let Some(text) = table.text("at") else { continue };
        if let Some(at) = mirror_at(&text, errors) {
            let authoritative = table.flag("authoritative").unwrap_or(false);
            mirrors.push((Mirror { at, authoritative }, text.origin));
        }
    }
    mirrors
}

fn mirror_at(text: &Text, errors: &mut Errors) -> Option<MirrorAt> {
    if let Some(path) = text.value.strip_prefix("oci:") {
        return confined(path, &text.origin, errors).map(MirrorAt::Layout);
    }
    let Some((scheme, rest)) = text.value.split_once("://") else {
        let help = "write https://HOST[/PREFIX], or oci:DIR below the policy's directory";
        errors.push(Code::BadValue, &text.origin, "this is no mirror", help);
        return None;
    };
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let host = Host::parse(name)
        .map_err(|error| {
            let help = "write https://HOST[:PORT][/PREFIX], without user, password and query";
            errors.push(Code::BadValue, &text.origin, error.to_string(), help);
        })
        .ok()?;
    let ok = match scheme {
        "https" => true,
        // "Literal loopback hosts speak HTTP …; no other host unless listed so"
        "http" => host.is_loopback(),
        _ => false,
    };
    if !ok {
        let message = "a mirror is asked over https; over http only on a literal loopback host";
        errors.push(Code::BadValue, &text.origin, message, "write https://");
        return None;
    }
    let prefix = prefix.trim_end_matches('/');
    if !prefix.is_empty() {
        let example = proofmark_core::Repository::parse(&format!("x.example/{prefix}"));
        if let Err(error) = example {
            errors.push(
                Code::BadValue,
                &text.origin,
                error.to_string(),
                "write the path before the repository's name",
            );
            return None;
        }
    }
    Some(MirrorAt::Registry { base: format!("{scheme}://{host}"), prefix: prefix.to_owned() })
}

fn proxy_of(row: &View<'_>, errors: &mut Errors) -> Option<ProxyOf> {
    let path = row.text("path");
    let Some(upstream) = row.text("proxy-of") else {
        if let Some(path) = path {
            let message = "path has a meaning with proxy-of alone";
            errors.push(
                Code::BadValue,
                &path.origin,
                message,
                "add proxy-of = \"HOST\", or use repositories",
            );
        }
        return None;
    };
    let upstream = host(&upstream, errors)?;
    let path = path.map(|text| (text.value.trim_matches('/').to_owned(), text.origin));
    if let Some((path, origin)) = &path
        && let Err(error) = proofmark_core::Repository::parse(&format!("x.example/{path}"))
    {
        errors.push(
            Code::BadValue,
            origin,
            error.to_string(),
            "write the path before the upstream repository",
        );
        return None;
    }
    Some(ProxyOf { path: path.map(|(path, _)| path).unwrap_or_default(), upstream })
}

fn ca_file(row: &View<'_>, errors: &mut Errors) -> Option<Text> {
    let text = row.text("ca-file")?;
    confined(&text.value, &text.origin, errors)?;
    Some(Text { value: text.value, origin: row.key("ca-file") })
}

fn confined(path: &str, origin: &Origin, errors: &mut Errors) -> Option<PathBuf> {
    if is_confined(path) {
        return Some(PathBuf::from(path));
    }
    let message = format!("`{path}` leads out of the policy's directory");
    errors.push(
        Code::OutsidePolicy,
        origin,
        message,
        "write a path below the policy's directory, with `/` and without `..`",
    );
    None
}

fn realms(row: &View<'_>, errors: &mut Errors) -> Vec<Host> {
    let texts = row.item("auth-realms").and_then(Item::texts).unwrap_or_default();
    texts.iter().filter_map(|text| host(text, errors)).collect()
}

/// What the earlier entries of a host say.
struct Earlier<'a> {
    first: &'a Listed,
    /// The first that allows all of the host.
    all: Option<&'a RegistryEntry>,
    /// The first that allows all below a path.
    below: BTreeMap<&'a str, &'a RegistryEntry>,
}

/// Entries of one host differ in what they allow, never in how the host is spoken to.
fn check_together(entries: &[Listed], errors: &mut Errors) {
    let mut hosts: BTreeMap<&Host, Earlier<'_>> = BTreeMap::new();
    for listed in entries {
        let entry = &listed.entry;
        let earlier = hosts.entry(&entry.host).or_insert_with(|| Earlier {
            first: listed,
            all: None,
            below: BTreeMap::new(),
        });
        // All that agree with the first agree with each other.
        if differs(earlier.first, listed) {
            let message = format!(
                "{} has another plain-http, ca-file or auth-realms in line {}",
                entry.host, earlier.first.entry.origin.start.line
            );
            let help = "say the same in every entry of one host";
            errors.push(Code::RegistryConflict, &entry.origin, message, help);
        }
        let below = prefix(entry).and_then(|path| earlier.below.get(path));
        let shadows = [earlier.all.as_ref(), below].into_iter().flatten().min_by_key(|one| one.origin.start);
        if let Some(shadows) = shadows {
            let line = shadows.origin.start.line;
            let message = format!("this entry never decides: line {line} allows all of {} first", entry.host);
            let help = "put the narrower entry first, or remove one";
            errors.push(Code::EntryUnreachable, &entry.origin, message, help);
        }
        match (entry.repositories.is_empty(), prefix(entry)) {
            (true, Some(path)) => {
                earlier.below.entry(path).or_insert(entry);
            }
            (true, None) => earlier.all = earlier.all.or(Some(entry)),
            (false, _) => {}
        }
    }
}

fn differs(a: &Listed, b: &Listed) -> bool {
    let ca_file = |listed: &Listed| listed.ca_file.as_ref().map(|text| text.value.clone());
    (a.entry.plain_http, &a.entry.auth_realms) != (b.entry.plain_http, &b.entry.auth_realms)
        || ca_file(a) != ca_file(b)
}

/// The path that an entry is confined to.
fn prefix(entry: &RegistryEntry) -> Option<&str> {
    entry.proxy_of.as_ref().map(|proxy| proxy.path.as_str()).filter(|path| !path.is_empty())
}
