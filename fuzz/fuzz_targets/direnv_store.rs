//! Settings, approvals and names of stores: whatever they hold, they are read and judged, and what may be removed is theirs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_core::{Origin, Position};
use proofmark_envrc::store::{
    Disk, DiskAnswer, FileFacts, FileKind, Permitted, PermittedFolder, StoreContext, StoreLimits, Variables,
    judge_store, read_store,
};

/// The input, cut at line feeds of two, is what each file holds, in turn.
struct Pieces<'a>(Vec<&'a [u8]>);

const STORES: [&[u8]; 2] = [b"/h/.local/share/direnv/", b"/h/.cache/direnv/"];

impl Pieces<'_> {
    /// Which piece a path has: always the same.
    fn at(&self, path: &[u8]) -> &[u8] {
        let sum = path.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
        let settings = path.ends_with(b".toml");
        if settings { self.0[0] } else { self.0[sum % self.0.len()] }
    }
}

impl Disk for Pieces<'_> {
    fn list(&self, folder: &[u8], max: usize) -> DiskAnswer<Vec<Vec<u8>>> {
        if folder.ends_with(b"lib") {
            return DiskAnswer::Is(vec![b"a.sh".to_vec(), b"b.txt".to_vec()]);
        }
        let names =
            self.0.iter().map(|piece| proofmark_envrc::store::approval_name(b"/a", piece).into_bytes());
        DiskAnswer::Is(names.take(max).collect())
    }

    fn facts(&self, path: &[u8], follow: bool) -> DiskAnswer<FileFacts> {
        let (kind, mode) = match self.at(path).first() {
            Some(b'L') if !follow => (FileKind::Link, 0o777),
            Some(b'D') => (FileKind::Folder, 0o1777),
            Some(b'P') => (FileKind::Other, 0o600),
            Some(b'X') => return DiskAnswer::Absent,
            Some(b'!') => return DiskAnswer::Failed("no".to_owned()),
            _ => (FileKind::File, 0o664),
        };
        DiskAnswer::Is(FileFacts { kind, owner: 7, mode })
    }

    fn real(&self, path: &[u8]) -> DiskAnswer<Vec<u8>> {
        DiskAnswer::Is(path.to_vec())
    }

    fn read(&self, path: &[u8], max: u64) -> DiskAnswer<Vec<u8>> {
        let bytes = self.at(path);
        if bytes.len() as u64 > max {
            DiskAnswer::Failed("long".to_owned())
        } else {
            DiskAnswer::Is(bytes.to_vec())
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut pieces: Vec<&[u8]> = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\n\n").filter(|_| pieces.len() < 64) {
        pieces.push(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    pieces.push(rest);
    let variables = Variables { home: Some(b"/h".to_vec()), ..Variables::default() };
    let others = [b"/h/a/.envrc".to_vec()];
    let store = read_store(&variables, &others, &Pieces(pieces), &StoreLimits::default()).unwrap();
    let start = Position { line: 1, column: 1 };
    let origin = Origin { file: String::new(), start, end: start, line_text: String::new() };
    let folder = PermittedFolder { path: "~/a".to_owned(), origin: origin.clone() };
    let permitted = [Permitted { folders: vec![folder], startup: Vec::new(), origin }];
    let context = StoreContext { user: Some(7), tree: Some(b"/h/a"), permitted: &permitted };
    let found = judge_store(&store, &context);
    for row in &found {
        assert!(!row.finding.message.is_empty() && !row.finding.help.is_empty());
        for file in &row.removable {
            assert!(STORES.iter().any(|store| file.starts_with(store)), "{}", String::from_utf8_lossy(file));
        }
    }
    // Everything that is approved is inside the folder of the list, or told.
    for approval in &store.approvals {
        let Some(path) = &approval.path else { continue };
        let told = found.iter().any(|row| {
            row.finding.rule.id == "envrc-approval-outside" && row.removable.contains(&approval.file)
        });
        assert!(told || permitted[0].has(path, Some(b"/h")));
    }
});
