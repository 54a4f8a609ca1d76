//! Collecting a closure out of what was followed.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::pattern::Glob;
use proofmark_core::{Digest, is_integrity};

use super::again::{folder_path, names};
use super::ground::{Ground, Held, names_digest};
use super::member::{Closure, Content, Member, MemberKind, Unheld};
use super::place::{folder_of, normal};
use super::recipes;
use super::recorder::Recorder;
use crate::ability::{Ability, abilities};
use crate::audit::shortened;
use crate::files::FileAnswer;
use crate::finding::{Judged, judged};
use crate::limits::Limits;
use crate::machine::interpret;
use crate::trace::{Action, Call, Trace};
use crate::value::{OriginKind, Place, Text, Value};

/// Files above that load files above.
const MAX_ABOVE: usize = 8;

/// Folders that a package manager fills: what is in them is as its lock says, and differs from machine to machine.
const MANAGED: [&str; 10] =
    [".venv", "venv", "node_modules", ".direnv", ".devenv", ".devbox", ".tox", ".pixi", ".conda", ".nix"];

/// What is known of a file after one look.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What the rules say.
    pub judged: Judged,
    /// What it loads, of the bytes that were judged.
    pub closure: Closure,
    /// What it does, each with its place.
    pub abilities: Vec<Ability>,
}

/// Follows a file, judges it, and collects what it loads. `shown` is its path as the user would write it.
pub fn examine(shown: &str, bytes: &[u8], ground: &dyn Ground, limits: &Limits) -> Examined {
    let name = shown.rsplit('/').next().unwrap_or(shown);
    let recorder = Recorder::new(ground);
    let trace = interpret(name, bytes, &recorder, limits);
    let mut collector = Collector::new(&trace, ground, recorder.seen());
    collector.hold(name, MemberKind::Envrc, Content::Is(Digest::sha256(bytes)));
    collector.collect(limits, 0);
    collector.startup();
    let closure = collector.closure();
    let folder = shown.rsplit_once('/').map(|(folder, _)| folder);
    let abilities = abilities(&trace, &closure, folder);
    let judged = judged(shown, &trace, &recorder);
    Examined { judged, closure, abilities }
}

/// What a file loads, without judging it.
pub fn closure_of(name: &str, bytes: &[u8], ground: &dyn Ground, limits: &Limits) -> Closure {
    let recorder = Recorder::new(ground);
    let trace = interpret(name, bytes, &recorder, limits);
    let mut collector = Collector::new(&trace, ground, recorder.seen());
    collector.hold(name, MemberKind::Envrc, Content::Is(Digest::sha256(bytes)));
    collector.collect(limits, 0);
    collector.startup();
    collector.closure()
}

struct Collector<'a> {
    trace: &'a Trace,
    ground: &'a dyn Ground,
    /// What was read while the file was followed.
    read: BTreeMap<String, FileAnswer>,
    held: BTreeMap<(String, MemberKind), Content>,
    open: BTreeSet<String>,
    unheld: BTreeMap<String, String>,
}

impl<'a> Collector<'a> {
    fn new(trace: &'a Trace, ground: &'a dyn Ground, read: BTreeMap<String, FileAnswer>) -> Self {
        let (held, open, unheld) = Default::default();
        Self { trace, ground, read, held, open, unheld }
    }

    fn closure(self) -> Closure {
        let member = |((path, kind), content)| Member { path, kind, content };
        Closure {
            members: self.held.into_iter().map(member).collect(),
            open: self.open.into_iter().collect(),
            unheld: self.unheld.into_iter().map(|(path, why)| Unheld { path, why }).collect(),
        }
    }

    fn hold(&mut self, path: &str, kind: MemberKind, content: Content) {
        self.held.insert((path.to_owned(), kind), content);
    }

    fn collect(&mut self, limits: &Limits, depth: usize) {
        let trace = self.trace;
        let mut folders = BTreeSet::new();
        for event in &trace.events {
            match &event.action {
                Action::Load { by, path, .. } => {
                    for text in path.options() {
                        self.loaded(by, text, event.place, limits, depth);
                    }
                }
                Action::Run { path, .. } => self.add(path, MemberKind::Program),
                Action::Call(call) => self.called(call, event.place),
                Action::Assign { name, value, .. } if name == "PATH" => {
                    folders.extend(self.folders(value, event.place));
                }
                _ => {}
            }
        }
        for folder in &folders {
            self.programs(folder);
        }
        self.followed(&folders);
    }

    /// Everything else that was read while the file was followed.
    fn followed(&mut self, folders: &BTreeSet<String>) {
        let known: BTreeSet<String> = self.held.keys().map(|(path, _)| path.clone()).collect();
        let others: Vec<(String, bool)> = self
            .read
            .iter()
            .filter(|(path, _)| !known.contains(*path))
            .map(|(path, answer)| (path.clone(), *answer == FileAnswer::Absent))
            .collect();
        for (path, absent) in others {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            // A command is looked for in every folder of PATH: their names are a member already.
            if !(absent && folders.contains(parent)) {
                self.add(&path, MemberKind::Script);
            }
        }
    }

    /// A member by its path; what was read while the file was followed is not read again.
    fn add(&mut self, path: &str, kind: MemberKind) {
        if self.held.contains_key(&(path.to_owned(), kind)) {
            return;
        }
        if !self.ground.covers(path) {
            self.open.insert(format!("{path}: outside of the repository"));
            return;
        }
        let content = match self.read.get(path) {
            Some(FileAnswer::Bytes(bytes)) => Content::Is(Digest::sha256(bytes)),
            Some(FileAnswer::Absent) => Content::Absent,
            _ => match self.ground.held(path) {
                Held::File(digest) => Content::Is(digest),
                // bash loads no folder; of one that direnv enters, the file in it is a member.
                Held::Absent | Held::Folder => Content::Absent,
                Held::Failed(why) => {
                    self.unheld.insert(path.to_owned(), why);
                    return;
                }
            },
        };
        self.hold(path, kind, content);
    }

    fn loaded(&mut self, by: &str, text: &Text, place: Place, limits: &Limits, depth: usize) {
        let shape = text.shape();
        let origins = Value::from(text.clone()).origins();
        let kind = if by.starts_with("dotenv") { MemberKind::Variables } else { MemberKind::Script };
        if by.starts_with("source_up") {
            return self.above(shape.trim_start_matches("../"), limits, depth);
        }
        // What a process prints and what a descriptor gives is code, of which the rules speak.
        let streams = ["/dev/stdin", "/dev/null", "/dev/fd/"];
        if origins.iter().any(|one| matches!(one.kind, OriginKind::Process | OriginKind::Network))
            || streams.iter().any(|stream| shape.starts_with(stream))
        {
            return;
        }
        match self.placed(&shape, place) {
            Some(path) if path.contains(['*', '?', '[']) => self.matching(&path, kind),
            Some(path) => {
                let path = self.entered(by, path);
                self.add(&path, kind);
            }
            None => drop(self.open.insert(format!("{by} {}: its name is not known", shortened(&shape)))),
        }
    }

    /// direnv takes the file in a folder that is named, and bash does not. What lies outside is hashed, and followed no further.
    fn entered(&mut self, by: &str, path: String) -> String {
        let inner = match by {
            "source_env" | "source_env_if_exists" => Some(".envrc"),
            "dotenv" | "dotenv_if_exists" => Some(".env"),
            _ => None,
        };
        let is_folder = |path: &str| self.ground.covers(path) && self.ground.held(path) == Held::Folder;
        let path = match inner {
            Some(inner) if is_folder(&path) => normal(&path, inner),
            _ => path,
        };
        let outside = path.starts_with(['/', '~']) || path.starts_with("../");
        if outside && !by.starts_with("dotenv") {
            self.open.insert(format!("what {path} loads in turn"));
        }
        path
    }

    /// The path of a member: from the folder of the file, from the home directory or from the root.
    fn placed(&self, shape: &str, place: Place) -> Option<String> {
        let home = shape.strip_prefix("${HOME}/").map(|rest| format!("~/{rest}"));
        let text = home.as_deref().unwrap_or(shape);
        let (base, rest) = match text.strip_prefix("${PWD}") {
            Some(rest) => (String::new(), rest.trim_start_matches('/')),
            None => (folder_of(self.trace, place), text),
        };
        if rest.contains("${") {
            return None;
        }
        if rest.starts_with(['/', '~']) {
            return (rest.starts_with('/') || rest.starts_with("~/")).then(|| normal("", rest));
        }
        Some(normal(&base, rest))
    }

    /// The nearest file above: those that are looked for on the way are members too, and what it loads.
    fn above(&mut self, name: &str, limits: &Limits, depth: usize) {
        if name.is_empty() || name.contains("${") || name.contains('/') || depth >= MAX_ABOVE {
            self.open.insert(format!("source_up {}: which file it is, is not known", shortened(name)));
            return;
        }
        let ground = self.ground;
        for steps in 1..=ground.above() {
            let path = format!("{}{name}", "../".repeat(steps));
            match ground.held(&path) {
                Held::File(digest) => {
                    self.hold(&path, MemberKind::Above, Content::Is(digest));
                    self.follow_above(steps, name, limits, depth);
                    return;
                }
                Held::Absent | Held::Folder => self.hold(&path, MemberKind::Above, Content::Absent),
                Held::Failed(why) => drop(self.unheld.insert(path, why)),
            }
        }
    }

    fn follow_above(&mut self, steps: usize, name: &str, limits: &Limits, depth: usize) {
        let Some((ground, bytes)) = self.ground.at(steps).zip(self.ground.bytes_above(steps, name)) else {
            self.open.insert(format!("{}{name}: what it loads was not followed", "../".repeat(steps)));
            return;
        };
        let recorder = Recorder::new(&*ground);
        let trace = interpret(name, &bytes, &recorder, limits);
        let mut inner = Collector::new(&trace, &*ground, recorder.seen());
        inner.collect(limits, depth + 1);
        let up = "../".repeat(steps);
        let moved = |path: String| {
            if path.starts_with(['/', '~']) { path } else { normal("", &format!("{up}{path}")) }
        };
        for ((path, kind), content) in inner.held {
            let path = if kind == MemberKind::Download { path } else { moved(path) };
            self.held.entry((path, kind)).or_insert(content);
        }
        self.open.extend(inner.open);
        self.unheld.extend(inner.unheld.into_iter().map(|(path, why)| (moved(path), why)));
    }

    fn called(&mut self, call: &Call, place: Place) {
        if matches!(call.base().as_str(), "source_url" | "fetchurl") {
            let words = call.words();
            if let [address, integrity, ..] = words.as_slice()
                && is_integrity(integrity)
            {
                self.hold(address, MemberKind::Download, Content::Promised(integrity.clone()));
            }
            return;
        }
        for file in recipes::files(call) {
            let Some(path) = self.placed(&file, place) else { continue };
            // A word may be something else than a file: one that is not there is looked for by name alone.
            let sure = call.words().iter().all(|word| *word != file);
            if sure
                || self.ground.covers(&path)
                    && !matches!(self.ground.held(&path), Held::Absent | Held::Folder)
            {
                self.add(&path, MemberKind::Recipe);
            }
        }
    }

    /// Folders of the tree among those of `PATH`.
    fn folders(&mut self, value: &Value, place: Place) -> Vec<String> {
        let mut folders = Vec::new();
        for entry in value.options().iter().flat_map(|text| text.split(':')) {
            let shape = entry.shape();
            if shape.is_empty() || shape == "${PATH}" {
                continue;
            }
            let relative = shape.starts_with("${PWD}") || !shape.starts_with(['/', '~', '$']);
            let Some(path) = self.placed(&shape, place).filter(|_| relative) else { continue };
            if path.split('/').any(|part| MANAGED.contains(&part)) {
                self.open.insert(format!("{path} in PATH: what a package manager puts there"));
            } else {
                folders.push(path);
            }
        }
        folders
    }

    fn programs(&mut self, folder: &str) {
        if !self.ground.covers(folder) {
            self.open.insert(format!("{folder} in PATH: outside of the repository"));
            return;
        }
        self.listed(folder, MemberKind::Program, None);
    }

    /// Files that match a pattern in the last part of a path.
    fn matching(&mut self, path: &str, kind: MemberKind) {
        let (folder, pattern) = path.rsplit_once('/').unwrap_or(("", path));
        let plain = |text: &str| !text.contains(['?', '[']);
        match Glob::parse(pattern) {
            Ok(_) if plain(path) && !folder.contains('*') && self.ground.covers(folder) => {
                self.listed(folder, kind, Some(pattern));
            }
            _ => drop(self.open.insert(format!("{path}: the files of a pattern"))),
        }
    }

    /// The names of a folder are a member, and each of its files is.
    fn listed(&mut self, folder: &str, kind: MemberKind, pattern: Option<&str>) {
        let path = folder_path(folder, pattern);
        match names(self.ground, folder, pattern) {
            Ok(Some(names)) => {
                self.hold(&path, MemberKind::Folder, Content::Is(names_digest(&names)));
                for name in names {
                    self.add(&normal(folder, &name), kind);
                }
            }
            Ok(None) => self.hold(&path, MemberKind::Folder, Content::Absent),
            Err(why) => drop(self.unheld.insert(path, why)),
        }
    }

    fn startup(&mut self) {
        for (path, is_folder) in self.ground.startup() {
            if is_folder {
                self.listed(&path, MemberKind::Startup, Some("*.sh"));
            } else {
                self.add(&path, MemberKind::Startup);
            }
        }
    }
}
