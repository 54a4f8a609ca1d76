//! Archives of every kind end within their caps, and what comes out is what was said. The first byte chooses the kind.
#![no_main]

use std::io::Cursor;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use proofmark_core::Digest;
use proofmark_lock::unpack::{ArchiveKind, Caps, LayerEntry, LayerVisitor, UnpackError, extract, layer};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, archive)) = bytes.split_first() else { return };
    let (kind, _) = ArchiveKind::ALL[usize::from(*first) % ArchiveKind::ALL.len()];
    let deadline = Instant::now() + Duration::from_secs(5);
    let caps = Caps { unpacked: 4 << 20, entries: 100, ratio: 200, deadline };
    let mut out = Vec::new();
    if let Ok(extracted) = extract(Cursor::new(archive), kind, "bin/op", &caps, &mut out) {
        assert_eq!(extracted.sha256, Digest::sha256(&out));
        assert_eq!(extracted.bytes, out.len() as u64);
    }
    assert!(out.len() <= 4 << 20);
    let mut seen = Seen::default();
    let _ = layer(Cursor::new(archive), kind, &caps, &mut seen);
});

/// Counts what it is shown.
#[derive(Default)]
struct Seen {
    expected: u64,
    came: u64,
}

impl LayerVisitor for Seen {
    fn entry(&mut self, entry: &LayerEntry) -> bool {
        (self.expected, self.came) = (entry.size, 0);
        true
    }

    fn bytes(&mut self, piece: &[u8]) -> Result<(), UnpackError> {
        self.came += piece.len() as u64;
        Ok(())
    }

    fn end(&mut self) {
        assert_eq!(self.came, self.expected, "all of an entry, and nothing else");
    }
}
