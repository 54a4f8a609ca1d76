//! A Dockerfile as it is built by itself, and by those that give it arguments and contexts.

use std::collections::{BTreeMap, HashSet};

use super::given::{BuildArg, Given, everywhere, ways};
use super::lines;
use super::stages::scan;
use super::words::Command;
use crate::emit::{Hit, HitKey};
use crate::expand::Expanded;
use crate::found::{Target, Unresolved};
use crate::problem::{ProblemKind, RawProblem};

/// Ways to build one Dockerfile that are looked at.
const MAX_WAYS: usize = 256;

/// Bytes of a Dockerfile, and instructions of it, that are read in all of its ways together.
const MAX_BYTES: usize = 32 * 1024 * 1024;
const MAX_INSTRUCTIONS: usize = 200_000;

/// The arguments before the first `FROM`, which are what may show in images; and how many instructions there are.
struct Arguments {
    /// Whether each has a default.
    names: BTreeMap<String, bool>,
    instructions: usize,
}

impl Arguments {
    fn of(text: &str) -> Self {
        let lines = lines::read(text);
        let commands = lines.instructions.iter().filter_map(|line| Command::read(line, lines.escape));
        let before = commands.take_while(|command| command.name != "from").filter(|one| one.name == "arg");
        let mut names = BTreeMap::new();
        for word in before.flat_map(|command| command.quoted_words(lines.escape)) {
            let (name, default) =
                word.text().split_once('=').map_or((word.text(), false), |(name, _)| (name, true));
            *names.entry(name.to_owned()).or_insert(false) |= default;
        }
        Self { names, instructions: lines.instructions.len() }
    }

    /// How often the file may be read.
    fn most(&self, text: &str) -> usize {
        MAX_WAYS.min(MAX_BYTES / text.len().max(1)).min(MAX_INSTRUCTIONS / self.instructions.max(1)).max(1)
    }

    /// What a build has that gives nothing: what has no default is empty.
    fn empty(&self, contexts: &Given) -> Given {
        let bare = self.names.iter().filter(|(_, default)| !**default);
        let empty = |(name, _): (&String, &bool)| BuildArg::of(name, &Expanded::default());
        Given { args: bare.map(empty).collect(), ..contexts.clone() }
    }
}

/// The images of a Dockerfile. `builds`: what is given to it; those of one list are merged into one build. `alone`: it may be built by
/// itself too.
pub(crate) fn scan_built(
    text: &str,
    builds: &[Vec<Given>],
    alone: bool,
    max: usize,
) -> (Vec<Hit>, Vec<RawProblem>) {
    if builds.is_empty() {
        return scan(text, &Given::default(), max);
    }
    let arguments = Arguments::of(text);
    let used = arguments.names.keys().cloned().collect();
    let always = Given { contexts: everywhere(builds), ..Given::default() };
    let cap = arguments.most(text);
    let mut ways = ways(builds, &used, cap);
    let (bare, mut problems) = scan(text, &always, max);
    if ways.len() > cap {
        ways.truncate(cap);
        problems.push(RawProblem::new(0..0, ProblemKind::Limit { what: "ways to build it", cap }));
    }
    // A build that gives nothing which shows here has it as it is.
    let nothing =
        |given: &Given| !given.partial && arguments.names.keys().all(|name| given.arg(name).is_none());
    let alone = alone || ways.is_empty() || builds.iter().flatten().any(nothing);
    let mut hits = if alone { bare } else { Vec::new() };
    let tell_apart = |hit: &Hit| (hit.key(), hit.value.clone(), hit.target.image().is_some());
    let mut known: HashSet<_> = hits.iter().map(tell_apart).collect();
    let mut given: HashSet<HitKey> = HashSet::new();
    for way in &ways {
        for hit in scan(text, way, max).0 {
            if hit.given.is_some() {
                given.insert(hit.key());
            }
            if hits.len() <= max && known.insert(tell_apart(&hit)) {
                hits.push(hit);
            }
        }
    }
    drop_incomplete(&mut hits, &given, || scan(text, &arguments.empty(&always), max).0);
    (hits, problems)
}

/// Of an argument without a default, a build that does not give it has nothing: if that leaves no image, the build fails, and what the
/// others give is all there is to be judged.
fn drop_incomplete(hits: &mut Vec<Hit>, given: &HashSet<HitKey>, empty: impl FnOnce() -> Vec<Hit>) {
    let open = |hit: &Hit| {
        let variable = matches!(hit.target, Target::Unresolved(Unresolved::Variable(_)));
        variable && hit.given.is_none() && given.contains(&hit.key())
    };
    if !hits.iter().any(open) {
        return;
    }
    let fails = |hit: &Hit| matches!(hit.target, Target::Unresolved(Unresolved::Malformed(_)));
    let failing: HashSet<HitKey> = empty().iter().filter(|hit| fails(hit)).map(Hit::key).collect();
    hits.retain(|hit| !(open(hit) && failing.contains(&hit.key())));
}
