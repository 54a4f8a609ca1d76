//! Reading a recipe: strictly, so that a slip is an error and not another download.

use std::collections::BTreeMap;

use proofmark_core::Platform;
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{EvidenceKind, Mode, Over, is_member_name, is_tool_name, is_url, is_version};
use serde::Deserialize;

use super::template::{Name, Template, Values};
use super::{
    Asks, Build, Feed, FeedFormat, List, MAX_RECIPE, Place, Recipe, RecipeError, Signature, SignaturePlace,
    SignerHint,
};

/// Builds, signatures and lists of one recipe.
const MAX_ROWS: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    tool: String,
    vendor: String,
    mode: Option<String>,
    group: Option<String>,
    checksums: Option<String>,
    unsigned: Option<String>,
    build: Vec<RawBuild>,
    #[serde(default)]
    evidence: Vec<RawEvidence>,
    signer: Option<RawSigner>,
    asks: Option<RawAsks>,
    versions: Option<RawFeed>,
    #[serde(default)]
    list: Vec<RawList>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBuild {
    platforms: Vec<String>,
    url: Option<String>,
    index: Option<String>,
    file: Option<String>,
    archive: String,
    member: Option<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    unsigned: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvidence {
    kind: String,
    over: String,
    at: Option<String>,
    member: Option<String>,
    list: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSigner {
    openpgp: Option<String>,
    fingerprint: Option<String>,
    minisign: Option<String>,
    issuer: Option<String>,
    identity: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsks {
    arguments: Vec<String>,
    prints: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeed {
    at: String,
    format: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    operator: String,
    at: String,
}

pub(super) fn recipe(bytes: &[u8], file: &str) -> Result<Recipe, RecipeError> {
    let wrong = |line, message: String| RecipeError { file: file.to_owned(), line, message };
    if bytes.len() as u64 > MAX_RECIPE {
        return Err(wrong(None, format!("it is longer than {MAX_RECIPE} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| wrong(None, "it is not UTF-8".to_owned()))?;
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        wrong(before.map(|before| before.matches('\n').count() + 1), error.message().to_owned())
    })?;
    checked(raw).map_err(|message| wrong(None, message))
}

fn checked(raw: Raw) -> Result<Recipe, String> {
    if !is_tool_name(&raw.tool) {
        return Err(format!("`{}` is no name of a tool", raw.tool));
    }
    if raw.vendor.is_empty() {
        return Err("`vendor` says who publishes the tool".to_owned());
    }
    let mode = match &raw.mode {
        None => Mode::PLAIN,
        Some(text) => Mode::parse(text).ok_or_else(|| format!("`{text}` is no mode of an executable"))?,
    };
    if mode.is_setgid() != raw.group.is_some() {
        return Err("`group` is for a setgid `mode`, which needs one".to_owned());
    }
    if raw.group.as_deref().is_some_and(|group| !is_tool_name(group)) {
        return Err("`group` is no name of a group".to_owned());
    }
    if raw.build.is_empty()
        || [raw.build.len(), raw.evidence.len(), raw.list.len()].iter().any(|n| *n > MAX_ROWS)
    {
        return Err(format!(
            "a recipe has one to {MAX_ROWS} builds, and at most as many signatures and lists"
        ));
    }
    if raw.evidence.is_empty() != raw.unsigned.is_some() {
        return Err("a recipe has `[[evidence]]`, or says why not: unsigned = \"why\"".to_owned());
    }
    let builds = raw.build.into_iter().map(build).collect::<Result<Vec<_>, _>>()?;
    for (at, platform) in builds.iter().flat_map(|build| &build.platforms).enumerate() {
        if builds.iter().flat_map(|build| &build.platforms).take(at).any(|other| other == platform) {
            return Err(format!("two builds are for {platform}"));
        }
    }
    let signatures = raw.evidence.into_iter().map(signature).collect::<Result<Vec<_>, _>>()?;
    let lists = |signature: &&Signature| signature.over == Over::Checksums;
    if signatures
        .iter()
        .filter(lists)
        .any(|one| signatures.iter().find(lists).is_some_and(|first| one.list != first.list))
    {
        return Err("signatures over checksums are over one list".to_owned());
    }
    Ok(Recipe {
        tool: raw.tool,
        vendor: raw.vendor,
        mode,
        group: raw.group,
        signatures,
        checksums: raw.checksums.map(|text| address(&text, Name::BESIDE)).transpose()?,
        unsigned: raw.unsigned,
        signer: raw.signer.map(signer).transpose()?,
        asks: raw.asks.map(asks).transpose()?,
        versions: raw.versions.map(feed).transpose()?,
        lists: raw.list.into_iter().map(list).collect::<Result<_, _>>()?,
        builds,
    })
}

fn build(raw: RawBuild) -> Result<Build, String> {
    let platform = |text: &String| {
        let read = Platform::parse(text).filter(|read| read.normalised().to_string() == *text);
        read.ok_or_else(|| format!("`{text}` is no platform; write it as linux/amd64 or linux/arm/v7"))
    };
    let platforms = raw.platforms.iter().map(platform).collect::<Result<Vec<_>, _>>()?;
    if platforms.is_empty() {
        return Err("a build is for at least one platform".to_owned());
    }
    let place = match (raw.url, raw.index, raw.file) {
        (Some(url), None, None) => Place::Url(address(&url, Name::BUILD)?),
        (None, Some(index), Some(file)) => {
            let file = Template::parse(&file, Name::BUILD)?;
            Place::Index { at: address(&index, Name::BUILD)?, file }
        }
        _ => return Err("a build has a `url`, or an `index` with the name of the `file` in it".to_owned()),
    };
    let has_version = match &place {
        Place::Url(url) => url.has(Name::Version),
        Place::Index { file, .. } => file.has(Name::Version),
    };
    if !has_version {
        return Err(
            "a build's address names the version: one that does not serves another file tomorrow".to_owned()
        );
    }
    let archive = ArchiveKind::parse(&raw.archive)
        .ok_or_else(|| format!("`{}` is no kind of archive that is unpacked", raw.archive))?;
    let member = raw.member.map(|text| member(&text)).transpose()?;
    if archive.has_members() != member.is_some() {
        return Err("`member` is for archives with members, which need it".to_owned());
    }
    // They become parts of addresses and paths.
    if let Some((_, name)) = raw.names.iter().find(|(_, name)| !is_version(name)) {
        return Err(format!("`{name}` is no name of a system: letters, digits, `.`, `_` and `-`"));
    }
    Ok(Build { platforms, place, archive, member, names: raw.names, unsigned: raw.unsigned })
}

fn signature(raw: RawEvidence) -> Result<Signature, String> {
    let kind = EvidenceKind::ALL.iter().find(|(_, name)| *name == raw.kind).map(|(kind, _)| *kind);
    let kind = kind.ok_or_else(|| format!("`{}` is no kind of signature that is read", raw.kind))?;
    let over = Over::ALL.iter().find(|(_, name)| *name == raw.over).map(|(over, _)| *over);
    let over = over.ok_or_else(|| format!("`{}` is nothing that is signed", raw.over))?;
    if (over == Over::Checksums) != raw.list.is_some() {
        return Err("`list` is for signatures over checksums, which need it".to_owned());
    }
    let list = raw.list.map(|list| address(&list, Name::BESIDE)).transpose()?;
    let names = if list.is_some() { Name::SIGNATURE } else { Name::BESIDE };
    let place = match (raw.at, raw.member) {
        (Some(at), None) => SignaturePlace::At(address(&at, names)?),
        (None, Some(name)) if over == Over::Executable => SignaturePlace::Member(member(&name)?),
        _ => {
            return Err("a signature is `at` an address, or, over the executable, a `member` of the archive"
                .to_owned());
        }
    };
    Ok(Signature { kind, over, place, list })
}

/// An address is one whatever stands for its names.
fn address(text: &str, names: &[Name]) -> Result<Template, String> {
    let template = Template::parse(text, names)?;
    let at = "https://example.org/x".to_owned();
    let values = Values { url: at.clone(), list: at, ..example() };
    if is_url(&template.fill(&values)) {
        return Ok(template);
    }
    Err(format!("`{text}` is no address; write https://HOST/PATH without a user"))
}

fn member(text: &str) -> Result<Template, String> {
    let template = Template::parse(text, Name::BUILD)?;
    if is_member_name(&template.fill(&example())) {
        return Ok(template);
    }
    Err(format!("`{text}` is no path in an archive"))
}

/// Names as long as they may be: what is an address with them is one with any.
fn example() -> Values {
    let [version, os, arch] = ["1", "s", "a"].map(|one| one.repeat(64));
    Values { version, os, arch, exe: ".exe".to_owned(), ..Values::default() }
}

fn signer(raw: RawSigner) -> Result<SignerHint, String> {
    match (raw.openpgp, raw.fingerprint, raw.minisign, raw.issuer, raw.identity) {
        (Some(file), Some(fingerprint), None, None, None) => Ok(SignerHint::OpenPgp { file, fingerprint }),
        (None, None, Some(file), None, None) => Ok(SignerHint::Minisign { file }),
        (None, None, None, Some(issuer), Some(identity)) => Ok(SignerHint::Certificate { issuer, identity }),
        _ => {
            Err("a signer is `openpgp` with `fingerprint`, `minisign`, or `issuer` with `identity`"
                .to_owned())
        }
    }
}

fn asks(raw: RawAsks) -> Result<Asks, String> {
    let prints = Template::parse(&raw.prints, &[Name::Version])?;
    if !prints.has(Name::Version) {
        return Err("`prints` shows where {version} stands".to_owned());
    }
    Ok(Asks { arguments: raw.arguments, prints })
}

fn feed(raw: RawFeed) -> Result<Feed, String> {
    let format = FeedFormat::ALL.iter().find(|(_, name)| *name == raw.format).map(|(format, _)| *format);
    let format = format.ok_or_else(|| {
        let names: Vec<&str> = FeedFormat::ALL.iter().map(|(_, name)| *name).collect();
        format!("`{}` is no list of versions that is read; write one of {}", raw.format, names.join(", "))
    })?;
    if !is_url(&raw.at) {
        return Err(format!("`{}` is no address", raw.at));
    }
    Ok(Feed { at: raw.at, format })
}

fn list(raw: RawList) -> Result<List, String> {
    if raw.operator.is_empty() || !is_url(&raw.at) {
        return Err("a list has an `operator`, and is `at` an address".to_owned());
    }
    Ok(List { operator: raw.operator, at: raw.at })
}
