//! What `pin add` and `pin update` share: a lock that is read, pins that are made, and a lock that is written whole or not at all.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proofmark_core::display::safe;
use proofmark_core::{Platform, Timestamp};
use proofmark_engine::pins::with_demands;
use proofmark_image::Trust;
use proofmark_lock::Lock;
use proofmark_pin::recipe::Recipe;
use proofmark_pin::{Added, Demand, Order, add, name_of};
use proofmark_policy::{BinaryEntry, Policy};

use super::refused;
use super::verify::believed;
use crate::accepted;
use crate::cli::PinningArgs;
use crate::commands::verify::Surroundings;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::{Readers, write_atomically};
use crate::paths::plain;
use crate::pins::{self, Folder, Network};

/// A policy, the lock beside it, and the way to downloads.
pub(super) struct Adding<'a> {
    pub(super) policy: &'a Policy,
    pub(super) network: Network<'a>,
    pub(super) lock: Lock,
    /// The lock's text as it was read.
    pub(super) before: Option<String>,
    trust: Trust,
    args: &'a PinningArgs,
    bench: Folder,
    by: String,
    added: Date,
    now: Timestamp,
    /// Whose executables may be asked for their version.
    host: Option<Platform>,
}

impl<'a> Adding<'a> {
    /// Reads the lock; connects to nothing.
    pub(super) fn of(
        policy: &'a Policy,
        args: &'a PinningArgs,
        surroundings: &'a Surroundings<'a>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let (lock, before) = match pins::locked(policy, None, Path::new("."), &args.policy)? {
            None => (Lock::default(), None),
            Some(locked) => {
                let text = locked.text.clone();
                (pins::required(Some(locked), policy)?, Some(text))
            }
        };
        let user = || surroundings.environment.user.clone().unwrap_or_else(|| "unknown".to_owned());
        Ok(Self {
            network: Network::of(policy, args.no_cache, surroundings)?,
            trust: trust(policy)?,
            bench: bench(args.no_cache, surroundings)?,
            by: args.by.clone().unwrap_or_else(user),
            added: now.to_zoned(TimeZone::UTC).date(),
            host: believed(policy, surroundings).then(pins::host),
            policy,
            lock,
            before,
            args,
            now,
        })
    }

    /// The row of a tool.
    pub(super) fn row(&self, tool: &str, recipe: &Recipe) -> Result<&'a BinaryEntry, Failure> {
        let row = self.policy.binaries.as_ref().and_then(|list| list.get(tool));
        row.ok_or_else(|| refused::no_row(tool, recipe))
    }

    /// For which platforms the tool is pinned.
    pub(super) fn platforms(&self, row: &BinaryEntry) -> Vec<Platform> {
        let asked = self.args.platform.iter().map(Platform::normalised).collect::<Vec<Platform>>();
        if asked.is_empty() { row.platforms.clone() } else { asked }
    }

    /// Makes one pin, and puts it into the lock in memory.
    pub(super) fn add(
        &mut self,
        recipe: &Recipe,
        version: &str,
        platform: &Platform,
        (unlisted, replace): (bool, bool),
    ) -> Result<Added, Failure> {
        let order = Order {
            recipe,
            version,
            platform,
            lists: &self.args.list,
            accept_unsigned: self.args.accept_unsigned.as_deref(),
            unlisted,
            replace,
            added: self.added,
            by: &self.by,
        };
        let (lock, network, bench, host, now) =
            (&self.lock, &mut self.network, &self.bench, self.host.as_ref(), self.now);
        let added = with_demands(self.policy, &self.trust, now, |demands| {
            let demand = demands.iter().find(|demand: &&Demand<'_>| demand.tool == recipe.tool);
            let demand = demand.ok_or_else(|| refused::no_row(&recipe.tool, recipe))?;
            add(&order, demand, lock, (network, bench), host, now)
                .map_err(|error| refused::add(error, recipe))
        })?;
        self.lock.insert(added.pin.clone());
        Ok(added)
    }

    /// Where the lock is.
    pub(super) fn path(&self) -> PathBuf {
        pins::path_beside(self.policy)
    }

    /// Writes the lock, if it changed and if nobody else changed it meanwhile.
    pub(super) fn write(&self, environment: &Environment) -> Result<(), Failure> {
        let (path, text) = (self.path(), self.lock.to_text());
        if self.args.dry_run || self.before.as_ref() == Some(&text) {
            return Ok(());
        }
        let unwritten = |why: String, help: &str| Failure::unverifiable("lock-not-written", why, help);
        let now =
            pins::locked(self.policy, None, Path::new("."), &self.args.policy)?.map(|locked| locked.text);
        if now != self.before {
            let why = format!("{} was changed by somebody else meanwhile", plain(&path));
            return Err(unwritten(why, "run this again: what was downloaded is kept"));
        }
        write_atomically(&path, text.as_bytes(), Readers::AsBefore).map_err(|error| {
            let why = format!("{} cannot be written: {error}", plain(&path));
            unwritten(why, "make its folder writable, or run this where the policy is yours")
        })?;
        accepted::lock_written(self.policy, &path, (self.before.as_deref(), &text), environment)
    }
}

/// The trusted roots of a policy.
pub(super) fn trust(policy: &Policy) -> Result<Trust, Failure> {
    Trust::new(policy).map_err(|error| {
        Failure::usage("trust-unusable", error.to_string(), "proofmark policy lint shows the line")
    })
}

/// Where executables are unpacked to be judged: in the cache, whose files can be run as a rule, else in the system's folder for such.
fn bench(no_cache: bool, surroundings: &Surroundings<'_>) -> Result<Folder, Failure> {
    let cache = surroundings.environment.cache_home.as_ref().filter(|_| !no_cache);
    let in_cache = cache.and_then(|home| Folder::open(&home.join("proofmark/pins")).ok());
    let folder = in_cache.map_or_else(|| Folder::open(&std::env::temp_dir()), Ok);
    folder.map_err(|error| refused::no_room(&error))
}

/// What was done, and what it rests on.
pub(super) fn told(added: &Added, dry_run: bool) -> String {
    let mut out = String::new();
    let word = match (added.same, dry_run) {
        (true, _) => "as before",
        (false, true) => "would pin",
        (false, false) => "pinned",
    };
    let _ = writeln!(out, "{word}  {}", safe(&name_of(&added.pin)));
    let _ = writeln!(out, "  {}", safe(&added.pin.url));
    for evidence in &added.evidence {
        let _ = writeln!(out, "  {}", safe(&evidence.summary));
    }
    if let Some(why) = &added.pin.unsigned {
        let _ = writeln!(out, "  nobody's signature; accepted by {}: {}", safe(&added.pin.by), safe(why));
    }
    for source in &added.pin.sources {
        let _ = writeln!(out, "  {} gives the same SHA-256", safe(&source.operator));
    }
    for note in &added.notes {
        let _ = writeln!(out, "  note: {}", safe(note));
    }
    out
}
