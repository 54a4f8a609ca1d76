//! Writing `[[closure]]` rows of `allowlists/envrc.toml`: what else stands there stays as it is, byte for byte.

use std::fmt::Write as _;

use proofmark_core::{Digest, closure_digest};

use crate::load::read_envrc;
use crate::schema::MAX_ITEMS;
use crate::source::Source;
use crate::write::quote;
use crate::{EnvrcClosure, EnvrcMember, LoadFailure};

/// The line that begins a row.
const HEADER: &str = "[[closure]]";

/// A row to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClosure {
    /// The file, from the root of the version-controlled tree in which the policy lies.
    pub file: String,
    /// Its members, sorted by path and kind.
    pub members: Vec<EnvrcMember>,
    /// Who locks it.
    pub by: String,
}

/// Why no row is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The file has errors, or would have some: the row is not one that loads.
    #[error("{0}")]
    Invalid(#[from] LoadFailure),
    /// More members than a row can have.
    #[error("it loads {0} files, and a lock has at most {MAX_ITEMS}")]
    TooMany(usize),
    /// The rows of the file are written so that they cannot be told from what else stands there.
    #[error("the rows of {0} are not written as rows of their own: remove them by hand")]
    Shape(String),
}

/// Puts the row in the place of all rows of its file, or at the end. `name` is what errors call the text. The result is read
/// back before it is given: what does not load, or says something else of another file, is never written.
///
/// # Errors
/// [`LockError`]; the text stays as it is then.
pub fn write_closure(name: &str, text: &str, row: &NewClosure) -> Result<String, LockError> {
    if row.members.len() > MAX_ITEMS {
        return Err(LockError::TooMany(row.members.len()));
    }
    let before = rows(name, text)?;
    let own = |one: &&EnvrcClosure| one.file == row.file;
    let sha256 = digest(&row.members);
    let listed: Vec<&EnvrcClosure> = before.iter().filter(own).collect();
    if let [one] = listed.as_slice()
        && one.sha256 == sha256
    {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len() + 64 * row.members.len());
    let lines: Vec<u32> = listed.iter().map(|one| one.origin.start.line).collect();
    for (first, block) in blocks(text) {
        let holds = |line: &u32| block.contains(&usize::try_from(*line).unwrap_or(0));
        if first && lines.iter().any(holds) {
            continue;
        }
        out.extend(text.split_inclusive('\n').skip(block.start - 1).take(block.len()));
    }
    write_row(&mut out, row, &sha256);
    let after = rows(name, &out)?;
    let others = |rows: &[EnvrcClosure]| -> Vec<(String, Digest)> {
        let others = rows.iter().filter(|one| one.file != row.file);
        others.map(|one| (one.file.clone(), one.sha256.clone())).collect()
    };
    let mine: Vec<&EnvrcClosure> = after.iter().filter(own).collect();
    let right = matches!(mine.as_slice(), [one] if one.sha256 == sha256) && others(&before) == others(&after);
    if right { Ok(out) } else { Err(LockError::Shape(row.file.clone())) }
}

fn rows(name: &str, text: &str) -> Result<Vec<EnvrcClosure>, LoadFailure> {
    Ok(read_envrc(&Source::new(name, text))?.map_or(Vec::new(), |list| list.closures))
}

fn digest(members: &[EnvrcMember]) -> Digest {
    closure_digest(members.iter().map(|one| [one.path.as_str(), one.kind.as_str(), one.content.as_str()]))
}

/// Lines, counted from 1, in blocks: `true` for a row of ours without the comments behind it, `false` for everything else.
fn blocks(text: &str) -> Vec<(bool, std::ops::Range<usize>)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let is_row = lines[at].trim() == HEADER;
        let next = lines.iter().skip(at + 1).position(|line| line.starts_with('['));
        let mut end = next.map_or(lines.len(), |offset| at + 1 + offset);
        if is_row {
            let aside = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
            while end > at + 1 && aside(lines[end - 1]) {
                end -= 1;
            }
        }
        blocks.push((is_row, at + 1..end + 1));
        at = end;
    }
    blocks
}

fn write_row(out: &mut String, row: &NewClosure, sha256: &Digest) {
    while out.ends_with("\n\n") {
        out.pop();
    }
    if !out.is_empty() {
        out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{HEADER}");
    let _ = writeln!(out, "file = {}", quote(&row.file));
    let _ = writeln!(out, "sha256 = {}", quote(sha256.hex()));
    let _ = writeln!(out, "by = {}", quote(&row.by));
    let _ = writeln!(out, "members = [");
    for member in &row.members {
        let (path, kind, content) = (quote(&member.path), quote(&member.kind), quote(&member.content));
        let _ = writeln!(out, "    {{ path = {path}, kind = {kind}, content = {content} }},");
    }
    let _ = writeln!(out, "]");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(file: &str, text: &str) -> NewClosure {
        let member = |path: &str, kind: &str, content: String| EnvrcMember {
            path: path.to_owned(),
            kind: kind.to_owned(),
            content,
        };
        let members = vec![
            member(".env", "variables", "absent".to_owned()),
            member(".envrc", "envrc", Digest::sha256(text.as_bytes()).to_string()),
        ];
        NewClosure { file: file.to_owned(), members, by: "al \"ice\"".to_owned() }
    }

    #[test]
    fn what_stands_there_stays() {
        let start = "# first\n[[directory]]\npath = \"~/src\"\nwhy = \"w\"\nby = \"b\"\n";
        let one = write_closure("e.toml", start, &row(".envrc", "1")).unwrap();
        assert!(one.starts_with(start), "{one}");
        let two = write_closure("e.toml", &one, &row("a/.envrc", "1")).unwrap();
        assert!(two.starts_with(&one), "{two}");
        let noted = two.replace("]\n\n[[closure]]\nfile = \"a/", "]\n# of a\n\n[[closure]]\nfile = \"a/");
        let three = write_closure("e.toml", &noted, &row(".envrc", "2")).unwrap();
        assert!(
            three.starts_with(&format!("{start}\n# of a\n\n[[closure]]\nfile = \"a/.envrc\"")),
            "{three}"
        );
        let list = rows("e.toml", &three).unwrap();
        let files: Vec<&str> = list.iter().map(|one| one.file.as_str()).collect();
        assert_eq!(files, ["a/.envrc", ".envrc"]);
        assert_eq!(list[1].by, "al \"ice\"");
        assert_eq!(write_closure("e.toml", &three, &row(".envrc", "2")).unwrap(), three, "nothing new");
    }

    #[test]
    fn every_row_of_the_file_goes() {
        let one = write_closure("e.toml", "", &row(".envrc", "1")).unwrap();
        let two = write_closure("e.toml", "", &row(".envrc", "2")).unwrap();
        let both = format!("{one}\n{two}");
        assert_eq!(rows("e.toml", &both).unwrap().len(), 2);
        let three = write_closure("e.toml", &both, &row(".envrc", "3")).unwrap();
        assert_eq!(rows("e.toml", &three).unwrap().len(), 1);
    }

    #[test]
    fn what_does_not_load_is_not_written() {
        let edited = write_closure("e.toml", "", &row(".envrc", "1")).unwrap().replace("absent", "sha256-A");
        for broken in ["closure = 1", "[[closure]]\nfile = \"x\"", "x", &edited, "[[closur]]\n"] {
            let error = write_closure("e.toml", broken, &row(".envrc", "1")).unwrap_err();
            assert!(matches!(error, LockError::Invalid(_)), "{broken}: {error}");
        }
        for bad in ["/.envrc", "a/../.envrc", "a//b"] {
            assert!(write_closure("e.toml", "", &row(bad, "1")).is_err(), "{bad}");
        }
        let mut large = row(".envrc", "1");
        large.members = vec![large.members[0].clone(); MAX_ITEMS + 1];
        assert_eq!(write_closure("e.toml", "", &large), Err(LockError::TooMany(MAX_ITEMS + 1)));
    }

    /// Rows in another form are valid, and cannot be cut out line by line.
    #[test]
    fn rows_in_another_form_are_left_alone() {
        let one = write_closure("e.toml", "", &row(".envrc", "1")).unwrap();
        let inline = one.replace("[[closure]]\n", "[[ closure ]]\n");
        let error = write_closure("e.toml", &inline, &row(".envrc", "2")).unwrap_err();
        assert!(matches!(error, LockError::Shape(_)), "{error}");
    }
}
