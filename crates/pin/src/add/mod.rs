//! `pin add`: from a recipe to a pin that the lock may hold.
//!
//! Nothing is trusted on first use: the download is held beside the vendor's signatures, the vendor's checksums, as many other operators as
//! the policy asks for, and what the executable says of itself; and what has no signature needs somebody's word, which is recorded.

mod error;
mod evidence;
mod index;
mod outside;
mod sources;

use std::io::{Read, Seek, Write as _};
use std::time::Duration;

use jiff::civil::Date;
use proofmark_core::{Evidence, Platform, Timestamp};
use proofmark_lock::unpack::{self, ArchiveKind, Caps, UnpackError};
use proofmark_lock::{Executable, Lock, Pin, SourceOf};

use crate::demand::{Demand, Wanted, name_of};
use crate::judge::fresh;
use crate::recipe::{List, Planned, Recipe};

pub use error::AddError;
pub use outside::{Bench, Fetch, FetchError, MAX_DOWNLOAD, MAX_LISTING, MAX_SIGNATURE, Whole};

/// How long unpacking may take.
pub(crate) const UNPACK_TIME: Duration = Duration::from_mins(5);

/// What is to be pinned.
#[derive(Debug)]
pub struct Order<'a> {
    /// How the tool is published.
    pub recipe: &'a Recipe,
    /// The version.
    pub version: &'a str,
    /// The platform, normalised.
    pub platform: &'a Platform,
    /// Lists of other operators, beside those of the recipe.
    pub lists: &'a [List],
    /// Why it may be pinned without a signature.
    pub accept_unsigned: Option<&'a str>,
    /// Whether a version may be pinned that the policy does not list: a reviewer does it then.
    pub unlisted: bool,
    /// Whether a pin of another SHA-256 is replaced.
    pub replace: bool,
    /// The day.
    pub added: Date,
    /// Who pins.
    pub by: &'a str,
}

/// A pin that was made.
#[derive(Debug)]
pub struct Added {
    /// The pin.
    pub pin: Pin,
    /// Whether the lock has exactly this pin already.
    pub same: bool,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What was looked for and not found, or does not count, a sentence each.
    pub notes: Vec<String>,
}

/// Downloads, verifies and unpacks, and makes the pin. `host` is the platform whose executables may be asked for their version.
///
/// # Errors
/// [`AddError`]; nothing that was downloaded is believed then.
pub fn add<F: Fetch, B: Bench>(
    order: &Order<'_>,
    demand: &Demand<'_>,
    lock: &Lock,
    (fetch, bench): (&mut F, &B),
    host: Option<&Platform>,
    now: Timestamp,
) -> Result<Added, AddError> {
    let Order { recipe, version, platform, .. } = *order;
    if !order.unlisted && !demand.versions.iter().any(|listed| listed == version) {
        return Err(AddError::NotListed {
            tool: recipe.tool.clone(),
            version: version.to_owned(),
            listed: demand.versions.clone(),
        });
    }
    let planned = recipe.plan(version, platform).ok_or_else(|| no_build(recipe, platform))?;
    let before = lock.pin(&recipe.tool, version, platform);
    let url = index::address(fetch, &planned)?;
    // What is published now, and not what was downloaded before: a file that was replaced is to be seen.
    let mut whole = fetch.whole(&url, None)?.ok_or_else(|| AddError::NotThere { url: url.clone() })?;
    if let Some(pin) = before.filter(|pin| pin.sha256 != whole.sha256 && !order.replace) {
        let (pinned, found) = (pin.sha256.clone(), whole.sha256.clone());
        return Err(AddError::Differs { name: name_of(pin), pinned, found });
    }
    let mut notes: Vec<String> = Vec::new();
    notes.extend(evidence::checksums(fetch, &planned, &url, &whole)?);
    let caps = Caps::within(UNPACK_TIME);
    let found = evidence::signatures(fetch, &planned, &url, &mut whole, &caps)?;
    let unsigned = unsigned(order, &planned, demand, &found)?;
    let kept = before.filter(|pin| pin.sha256 == whole.sha256);
    let agreed = sources::agreed(
        fetch,
        recipe,
        order.lists,
        kept.map_or(&[], |pin| &pin.sources),
        (&url, version, &whole.sha256),
        demand.sources,
    )?;
    enough(&agreed, recipe, &url, demand)?;
    let (executable, ready) = unpack_to(bench, &planned, recipe, &url, &mut whole, &caps)?;
    let pin = pin(
        order,
        &planned,
        Parts { url, executable, found, unsigned, sources: agreed.sources, notes: &mut notes },
        &whole,
    );
    notes.extend(agreed.silent);
    let evidence = judged(&pin, demand, order, &ready, &mut whole, host, now)?;
    Ok(finished(pin, kept, evidence, notes)?)
}

fn no_build(recipe: &Recipe, platform: &Platform) -> AddError {
    AddError::NoBuild {
        tool: recipe.tool.clone(),
        platform: platform.to_string(),
        known: recipe.platforms().map(ToString::to_string).collect(),
    }
}

/// Why the pin has no signature, if it has none.
fn unsigned(
    order: &Order<'_>,
    planned: &Planned<'_>,
    demand: &Demand<'_>,
    found: &evidence::Found,
) -> Result<Option<String>, AddError> {
    let tool = order.recipe.tool.clone();
    match (&demand.wanted, found.evidence.as_slice(), order.accept_unsigned) {
        (Wanted::Signed { .. }, [_, ..], _) => Ok(None),
        (Wanted::Nobody(_), _, Some(reason)) => Ok(Some(reason.to_owned())),
        (Wanted::Nobody(_), [_, ..], None) => Err(AddError::NotAsked { tool }),
        (_, [], _) => {
            let absent = || found.absent.join("; ");
            Err(AddError::NoEvidence { tool, why: planned.unsigned().map_or_else(absent, str::to_owned) })
        }
    }
}

fn enough(agreed: &sources::Agreed, recipe: &Recipe, url: &str, demand: &Demand<'_>) -> Result<(), AddError> {
    let found = sources::counted(&agreed.sources, &recipe.vendor, url);
    if found >= demand.sources {
        return Ok(());
    }
    Err(AddError::Sources {
        url: url.to_owned(),
        found,
        wanted: demand.sources,
        silent: agreed.silent.clone(),
    })
}

/// Reads the download from its first byte on.
pub(crate) fn unpacked<F: Read + Seek, T>(
    whole: &mut Whole<F>,
    read: impl FnOnce(&mut F) -> Result<T, UnpackError>,
) -> Result<T, UnpackError> {
    whole.file.rewind().map_err(|error| UnpackError::Read(error.kind(), error.to_string()))?;
    read(&mut whole.file)
}

/// The executable, unpacked to where it can be judged.
pub(crate) fn unpack_to<F: Read + Seek, B: Bench>(
    bench: &B,
    planned: &Planned<'_>,
    recipe: &Recipe,
    url: &str,
    whole: &mut Whole<F>,
    caps: &Caps,
) -> Result<(Executable, B::Ready), AddError> {
    let mut scratch = bench.scratch().map_err(AddError::Scratch)?;
    let member = planned.member.as_deref().unwrap_or_default();
    let extracted =
        unpacked(whole, |file| unpack::extract(file, planned.archive, member, caps, &mut scratch));
    let extracted = extracted.map_err(|error| match error {
        UnpackError::Write(kind, message) => AddError::Scratch(std::io::Error::new(kind, message)),
        error => AddError::Unpack { url: url.to_owned(), error },
    })?;
    scratch.flush().map_err(AddError::Scratch)?;
    let ready = bench.ready(scratch, &recipe.tool).map_err(AddError::Scratch)?;
    Ok((Executable { sha256: extracted.sha256, size: extracted.bytes }, ready))
}

/// What a pin is made of, beside the order.
struct Parts<'a> {
    url: String,
    executable: Executable,
    found: evidence::Found,
    unsigned: Option<String>,
    sources: Vec<SourceOf>,
    notes: &'a mut Vec<String>,
}

fn pin<F>(order: &Order<'_>, planned: &Planned<'_>, parts: Parts<'_>, whole: &Whole<F>) -> Pin {
    let Parts { url, executable, found, unsigned, sources, notes } = parts;
    notes.extend(found.absent);
    // What the policy does not ask for is not kept: nobody has verified it.
    let (evidence, checksums) = match unsigned {
        Some(_) => (Vec::new(), None),
        None => (found.evidence, found.checksums),
    };
    Pin {
        tool: order.recipe.tool.clone(),
        version: order.version.to_owned(),
        platform: order.platform.clone(),
        url,
        size: Some(whole.size),
        sha256: whole.sha256.clone(),
        archive: planned.archive,
        member: planned.member.clone().filter(|_| planned.archive != ArchiveKind::None),
        executable: Some(executable),
        mode: order.recipe.mode,
        evidence,
        checksums,
        unsigned,
        sources,
        added: order.added,
        by: order.by.to_owned(),
        origin: None,
    }
}

fn judged<F: Read + Seek>(
    pin: &Pin,
    demand: &Demand<'_>,
    order: &Order<'_>,
    ready: &dyn crate::Look,
    whole: &mut Whole<F>,
    host: Option<&Platform>,
    now: Timestamp,
) -> Result<Vec<Evidence>, AddError> {
    let question = order.recipe.asks.as_ref().map(|asks| asks.arguments.as_slice());
    whole.file.rewind().map_err(AddError::Scratch)?;
    fresh::accepted(pin, demand, (ready, &mut whole.file), (host, question), now).map_err(AddError::Refused)
}

/// A pin that says nothing new keeps its day and its author.
fn finished(
    pin: Pin,
    kept: Option<&Pin>,
    evidence: Vec<Evidence>,
    notes: Vec<String>,
) -> Result<Added, proofmark_lock::LockFailure> {
    let as_before = |kept: &&Pin| Pin { added: kept.added, by: kept.by.clone(), ..pin.clone() } == **kept;
    let same = kept.filter(as_before);
    let pin = same.cloned().unwrap_or(pin);
    // Every text came from outside.
    let mut alone = Lock::default();
    alone.insert(pin.clone());
    Lock::parse(alone.to_text().as_bytes(), proofmark_lock::FILE_NAME)?;
    Ok(Added { pin, same: same.is_some(), evidence, notes })
}
