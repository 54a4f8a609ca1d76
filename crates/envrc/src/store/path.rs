//! Paths as Go's `path/filepath` makes them: bytes, without looking at the disk.

/// `filepath.Clean`: no `.`, no `..` but at the start of a relative path, no empty segment, no slash at the end.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let absolute = path.first() == Some(&b'/');
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." if segments.last().is_some_and(|last| *last != b"..") => {
                segments.pop();
            }
            b".." if absolute => {}
            segment => segments.push(segment),
        }
    }
    let joined = segments.join(&b'/');
    match (absolute, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// `filepath.Join` of two.
pub(super) fn join(folder: &[u8], rest: &[u8]) -> Vec<u8> {
    match (folder, rest) {
        (b"", b"") => Vec::new(),
        (b"", only) | (only, b"") => clean(only),
        (folder, rest) => clean(&[folder, b"/", rest].concat()),
    }
}

/// Whether `path` is `folder`, or beneath it. Both are clean.
pub(super) fn is_within(path: &[u8], folder: &[u8]) -> bool {
    match path.strip_prefix(folder) {
        Some([] | [b'/', ..]) => true,
        Some(_) => folder == b"/",
        None => false,
    }
}

/// Every folder above a clean absolute path, from the root.
pub(super) fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at.max(1));
    ends.map(|end| &path[..end]).filter(move |folder| *folder != path)
}

/// The path for people: bytes that are no UTF-8 are replaced.
pub(super) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, expected) in [
            ("", "."),
            ("/", "/"),
            ("//a//b/", "/a/b"),
            ("/../a/./b/../c", "/a/c"),
            ("a/../..", ".."),
            ("../../a", "../../a"),
            ("~/x/", "~/x"),
        ] {
            assert_eq!(shown(&clean(path.as_bytes())), expected, "{path}");
        }
        assert_eq!(join(b"", b"a/"), b"a");
        assert_eq!(join(b"/h", b"/src/"), b"/h/src");
    }

    #[test]
    fn beneath_is_by_whole_segments() {
        let cases: [(&[u8], &[u8], bool); 5] = [
            (b"/a/b", b"/a", true),
            (b"/a", b"/a", true),
            (b"/ab", b"/a", false),
            (b"/a", b"/", true),
            (b"/a", b"/a/b", false),
        ];
        for (path, folder, expected) in cases {
            assert_eq!(is_within(path, folder), expected);
        }
        let folders: Vec<&[u8]> = above(b"/a/b/c").collect();
        assert_eq!(folders, [&b"/"[..], b"/a", b"/a/b"]);
        assert_eq!(above(b"/").count(), 0);
    }
}
