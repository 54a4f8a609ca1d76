//! `proofmark envrc audit --diff`: what a change adds to what `.envrc` files do, with everything that they load.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_core::{Finding, Timestamp};
use proofmark_engine::Audited;
use proofmark_envrc::closure::rules::new_ability;
use proofmark_envrc::closure::{Examined, Ground, examine, judge_closure};
use proofmark_envrc::{FileAnswer, Judged, Limits, added, gained, lost};

use super::judge::Judge;
use super::pairs::{Found, Reach, called_before, every};
use crate::auditing::{index_around, is_envrc, unheld};
use crate::changed_lines::{changed_lines, settle};
use crate::cli::EnvrcAuditArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::git::{Ignores, Node, Place, Revision, Trouble};
use crate::ground::{DiskGround, read};
use crate::revised::RevisionGround;
use crate::scanning::glob;
use crate::walk::walk_for;

/// Both sides of a change.
struct Change {
    place: Place,
    before: Revision,
    /// None: the work tree.
    after: Option<Revision>,
}

impl Change {
    fn open(spec: &str, start: &Path) -> Result<Self, Failure> {
        let place = Place::of(start)?;
        let named = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        let open = |name: &str| Revision::open(&place, &named(name));
        let (before, after) = match (spec.split_once("..."), spec.split_once("..")) {
            (Some((base, head)), _) => {
                let (base, head) = (open(base)?, open(head)?);
                (open(&Revision::common(&place, &base, &head)?)?, Some(head))
            }
            (None, Some((base, head))) => (open(base)?, Some(open(head)?)),
            (None, None) => (open(spec)?, None),
        };
        Ok(Self { place, before, after })
    }
}

/// One file of the later side.
struct File {
    /// From the root.
    path: String,
    /// As the user would write it.
    shown: String,
    /// The path of the same file on the earlier side.
    was: Option<String>,
}

/// What the change adds.
pub(super) fn changed(
    spec: &str,
    args: &EnvrcAuditArgs,
    environment: &Environment,
    now: Timestamp,
) -> Result<(Audited, Judge), Failure> {
    let start = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let change = Change::open(spec, start)?;
    let judge = Judge::of_base(&change.before, start, &args.source, environment, now)?;
    let globs = args.files.exclude.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let mut audited = Audited { notes: judge.notes.clone(), settled: true, ..Audited::default() };
    let files = files(&change, args, &globs, &mut audited)?;
    for file in &files {
        compared(&change, file, &judge, &mut audited)?;
    }
    if audited.files.is_empty() && audited.errors.is_empty() {
        audited.notes.push("the change touches no .envrc, and nothing that one loads".to_owned());
    }
    Ok((audited, judge))
}

fn broken(revision: &Revision) -> impl Fn(Trouble) -> Failure + '_ {
    |trouble| revision.unreadable(&trouble)
}

/// The files that may differ, and what each was before.
fn files(
    change: &Change,
    args: &EnvrcAuditArgs,
    globs: &[Glob],
    audited: &mut Audited,
) -> Result<Vec<File>, Failure> {
    let places = args.paths.iter().map(|path| Place::of(path)).collect::<Result<Vec<Place>, Failure>>()?;
    let below: Vec<String> = places.into_iter().map(|place| place.below).collect();
    let reach = Reach { below: &below, excludes: globs };
    let before = &change.before;
    if let Some(after) = &change.after {
        let was = every(before, &reach).map_err(broken(before))?;
        let is = every(after, &reach).map_err(broken(after))?;
        let bytes = |id: &String| after.blob(id, most());
        let mut gone: Found = was.iter().filter(|(path, _)| !is.contains_key(*path)).map(pair).collect();
        let mut files = Vec::new();
        for (path, id) in &is {
            let mut same = was.contains_key(path).then(|| path.clone());
            if same.is_none() && !gone.is_empty() {
                let bytes = match bytes(id) {
                    Err(Trouble::TooLarge(_)) => Vec::new(),
                    other => other.map_err(broken(after))?,
                };
                same = called_before(&bytes, &gone, before).map_err(broken(before))?;
                gone.retain(|path, _| same.as_ref() != Some(path));
            }
            files.push(File { path: path.clone(), shown: shown(change, path), was: same });
        }
        return Ok(files);
    }
    on_disk(change, args, globs, &reach, audited)
}

fn pair((path, id): (&String, &String)) -> (String, String) {
    (path.clone(), id.clone())
}

/// The files of the work tree.
fn on_disk(
    change: &Change,
    args: &EnvrcAuditArgs,
    globs: &[Glob],
    reach: &Reach<'_>,
    audited: &mut Audited,
) -> Result<Vec<File>, Failure> {
    let before = &change.before;
    let walked = walk_for(&args.paths, globs, is_envrc)?;
    audited.errors.extend(walked.errors);
    audited.notes.extend(walked.notes);
    let key = |path: &Path| crate::locks::key(&change.place.root, path);
    let found: Vec<(String, String, PathBuf)> =
        walked.files.into_iter().filter_map(|file| Some((key(&file.path)?, file.shown, file.path))).collect();
    let mut files = Vec::new();
    let mut gone: Option<Found> = None;
    for (path, shown, real) in &found {
        let known = matches!(before.node(path).map_err(broken(before))?, Node::File(_) | Node::Link(_));
        let mut was = known.then(|| path.clone());
        if !known {
            if gone.is_none() {
                let all = every(before, reach).map_err(broken(before))?;
                let is_gone = |path: &String| !found.iter().any(|(other, ..)| other == path);
                gone = Some(all.into_iter().filter(|(path, _)| is_gone(path)).collect());
            }
            if let Some(gone) = &mut gone {
                was = called_before(&read(real, most()).unwrap_or_default(), gone, before)
                    .map_err(broken(before))?;
                gone.retain(|path, _| was.as_ref() != Some(path));
            }
        }
        files.push(File { path: path.clone(), shown: shown.clone(), was });
    }
    Ok(files)
}

/// Bytes of a file, one more than are judged.
fn most() -> u64 {
    u64::try_from(Limits::default().shell.bytes).unwrap_or(u64::MAX) + 1
}

/// The path of a file of a revision, as the user would write it.
fn shown(change: &Change, path: &str) -> String {
    let whole = change.place.root.join(path);
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    let below = here.as_ref().and_then(|here| whole.strip_prefix(here).ok());
    below.unwrap_or(&whole).display().to_string()
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// One look at one side: what was found, and whether the file itself could be read. `None`: there is no such file.
fn looked_at(ground: &dyn Ground, path: &str, shown: &str) -> Option<(Examined, bool)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (bytes, is_read) = match ground.read(name) {
        FileAnswer::Bytes(bytes) => (bytes, true),
        // Longer than is judged: the verdict says so.
        FileAnswer::Refused => (vec![b'\n'; usize::try_from(most()).unwrap_or(usize::MAX)], false),
        FileAnswer::Absent | FileAnswer::Folder => return None,
    };
    Some((examine(shown, &bytes, ground, &Limits::default()), is_read))
}

/// Compares both sides of one file, and keeps what is new.
fn compared(change: &Change, file: &File, judge: &Judge, audited: &mut Audited) -> Result<(), Failure> {
    let trouble = RefCell::new(None);
    let (ignores, index) = (Ignores::default(), index_around(&change.place.root));
    let was = file.was.as_deref().unwrap_or(&file.path);
    let before = RevisionGround::new(&change.before, folder_of(was), most(), &trouble);
    let after: Box<dyn Ground + '_> = if let Some(after) = &change.after {
        Box::new(RevisionGround::new(after, folder_of(&file.path), most(), &trouble))
    } else {
        let folder = change.place.root.join(folder_of(&file.path));
        let ground = DiskGround::new(folder, index.as_ref(), &ignores, most());
        Box::new(ground.in_repository(&change.place.root))
    };
    let old = file.was.as_ref().and_then(|was| looked_at(&before, was, &file.shown)).map(|(old, _)| old);
    let new = looked_at(&*after, &file.path, &file.shown);
    if let Some(trouble) = trouble.take() {
        return Err(change.after.as_ref().unwrap_or(&change.before).unreadable(&trouble));
    }
    let Some((new, is_read)) = new else { return Ok(()) };
    let is_known = is_read && new.closure.unheld.is_empty();
    if is_known && old.as_ref().is_some_and(|old| old.closure.members == new.closure.members) {
        return Ok(());
    }
    let mut rows = rows(file, old.as_ref(), &new, audited);
    rows.extend(judge_closure(
        &file.shown,
        &new.closure,
        judge.locks.for_file(&change.place.root.join(&file.path)),
    ));
    let folder = folder_of(&file.shown).to_owned();
    let compared = |path: &str| {
        let below =
            if folder.is_empty() { Some(path) } else { path.strip_prefix(&folder)?.strip_prefix('/') };
        let text = |ground: &dyn Ground| {
            let FileAnswer::Bytes(bytes) = ground.read(below?) else { return None };
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        let after = text(&*after)?;
        Some((changed_lines(&text(&before).unwrap_or_default(), &after), after))
    };
    let known = RefCell::new(BTreeMap::new());
    let lines =
        |path: &str| known.borrow_mut().entry(path.to_owned()).or_insert_with(|| compared(path)).clone();
    for row in &mut rows {
        settle(row, &lines);
    }
    audited.errors.extend(unheld(&file.shown, &new.closure));
    audited.paths.insert(file.shown.clone(), file.path.clone());
    audited.files.push((file.shown.clone(), Judged { findings: rows, events: new.judged.events }));
    Ok(())
}

/// The findings that are new, and what the file can do now.
fn rows(file: &File, old: Option<&Examined>, new: &Examined, audited: &mut Audited) -> Vec<Finding> {
    let nothing = Judged { findings: Vec::new(), events: 0 };
    let mut rows = added(old.map_or(&nothing, |old| &old.judged), &new.judged);
    let before: Vec<String> =
        old.map_or(Vec::new(), |old| old.abilities.iter().map(|ability| ability.what.clone()).collect());
    rows.extend(
        gained(&before, &new.abilities).into_iter().map(|ability| new_ability::row(&file.shown, ability)),
    );
    if let Some(was) = file.was.as_ref().filter(|was| **was != file.path) {
        audited.notes.push(format!("{} was {was} before", file.shown));
    }
    if old.is_none() {
        audited.notes.push(format!("{} is new", file.shown));
    }
    audited.notes.extend(
        lost(&before, &new.abilities).into_iter().map(|what| format!("{} no longer {what}", file.shown)),
    );
    rows
}
