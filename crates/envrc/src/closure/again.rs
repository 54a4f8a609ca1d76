//! Folders as members, and looking at the members of a closure again.

use proofmark_core::pattern::Glob;

use super::ground::{Ground, Held, names_digest};
use super::member::{Closure, Content, Member, MemberKind, Unheld};
use super::place::normal;

/// The path of a folder as a member: of `PATH` the folder itself, else with the pattern that its files match.
pub(super) fn folder_path(folder: &str, pattern: Option<&str>) -> String {
    match pattern {
        Some(pattern) => normal(folder, pattern),
        None if folder.is_empty() => ".".to_owned(),
        None => folder.to_owned(),
    }
}

/// The names of a folder that count: programs, or what bash's pattern matches, which is no hidden file.
pub(super) fn names(
    ground: &dyn Ground,
    folder: &str,
    pattern: Option<&str>,
) -> Result<Option<Vec<String>>, String> {
    let glob = pattern.map(Glob::parse).transpose().map_err(|error| error.to_string())?;
    let hidden = pattern.is_some_and(|pattern| pattern.starts_with('.'));
    let mut names = ground.names(folder, pattern.is_none())?;
    if let (Some(names), Some(glob)) = (&mut names, glob) {
        names.retain(|name| glob.matches(name) && name.starts_with('.') == hidden);
    }
    // Out of an empty folder as much is loaded as out of none.
    Ok(names.filter(|names| !names.is_empty()))
}

/// What the members of a closure hold now, without looking at what they do: as long as none differs, nothing else is loaded.
pub fn held_now(members: &[Member], ground: &dyn Ground) -> Closure {
    let mut closure = Closure::default();
    for member in members {
        match held_one(member, ground) {
            Ok(content) => closure.members.push(Member { content, ..member.clone() }),
            Err(why) => closure.unheld.push(Unheld { path: member.path.clone(), why }),
        }
    }
    closure
}

fn held_one(member: &Member, ground: &dyn Ground) -> Result<Content, String> {
    if member.kind == MemberKind::Download {
        return Ok(member.content.clone());
    }
    if member.kind == MemberKind::Folder {
        let (folder, last) = member.path.rsplit_once('/').unwrap_or(("", &member.path));
        let listed = match member.path.as_str() {
            "." => names(ground, "", None),
            _ if last.contains('*') => names(ground, folder, Some(last)),
            path => names(ground, path, None),
        };
        return Ok(listed?.map_or(Content::Absent, |names| Content::Is(names_digest(&names))));
    }
    match ground.held(&member.path) {
        Held::File(digest) => Ok(Content::Is(digest)),
        Held::Absent | Held::Folder => Ok(Content::Absent),
        Held::Failed(why) => Err(why),
    }
}
