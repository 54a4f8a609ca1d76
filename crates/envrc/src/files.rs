//! The files beside the audited one.

/// What is asked for a file that is loaded.
pub trait Files {
    /// The file at this path from the folder of the audited file: no `.` and no `..` in it, never absolute. The answer must
    /// not come from outside the folder, also not by a link.
    fn read(&self, path: &str) -> FileAnswer;

    /// What is known of the file at this path beside its content; nothing where that is not known.
    fn facts(&self, _path: &str) -> Facts {
        Facts::default()
    }

    /// The names of the files in the folder at this path, sorted; empty for the folder of the audited file itself. None where
    /// that is not known or cannot be listed.
    fn listed(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

/// What is known of a file beside its content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// There is something of this name.
    pub exists: bool,
    /// It is a link, or stands below one, and leads out of the folder's tree.
    pub leads_out: bool,
    /// Its owner is neither the caller nor root.
    pub foreign: bool,
    /// Others than its owner may write it.
    pub writable: bool,
    /// Git does not have it: what it holds is in no change that anybody reviews.
    pub uncommitted: bool,
    /// Git is told not to look at it: it is not in a change either, and nobody sees that it is not.
    pub ignored: bool,
}

/// The answer of [`Files`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAnswer {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// There is none.
    Absent,
    /// It is a folder.
    Folder,
    /// It is a link to the outside, not a regular file, too large, or not readable.
    Refused,
}

/// No file but the audited one.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> FileAnswer {
        FileAnswer::Refused
    }
}

/// `path`, taken from `folder`, without `.`, `..` and empty segments. Nothing where it leads outside.
pub(crate) fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.is_empty() {
        return None;
    }
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            segment => segments.push(segment),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_stay_inside() {
        for (folder, path, expected) in [
            ("", "a", Some("a")),
            ("", "./a//b/../c", Some("a/c")),
            ("x/y", "../a", Some("x/a")),
            ("", "../a", None),
            ("x", "a/../../../b", None),
            ("", "/a", None),
            ("x", "", None),
        ] {
            assert_eq!(resolve(folder, path).as_deref(), expected, "{folder} {path}");
        }
    }
}
