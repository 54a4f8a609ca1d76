//! What kind of file the kernel would take an executable for.

/// Bytes that tell: as many as the kernel looks at (`BINPRM_BUF_SIZE`).
pub(crate) const HEAD: usize = 256;

/// The second line of a shim, by which it is known.
pub(crate) const SHIM: &str = "# proofmark shim";

/// What a file is by its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A program, for this machine where it is a known one.
    Elf(Option<&'static str>),
    /// A shim of `pin shim`: it would ask for itself.
    Shim,
    /// A script, with its interpreter.
    Script(String),
    /// Nothing.
    Empty,
    /// Neither.
    Other,
}

impl Kind {
    pub(crate) fn of(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        if let Some(line) = head.strip_prefix(b"#!") {
            let mut lines = line.split(|byte| *byte == b'\n');
            let interpreter = String::from_utf8_lossy(lines.next().unwrap_or_default()).trim().to_owned();
            let shim = lines.next().is_some_and(|line| line == SHIM.as_bytes());
            return if shim { Self::Shim } else { Self::Script(interpreter) };
        }
        if head.starts_with(b"\x7fELF") {
            return Self::Elf(machine(head));
        }
        Self::Other
    }
}

/// `e_machine` (elf(5)).
fn machine(head: &[u8]) -> Option<&'static str> {
    let [low, high] = *head.get(18..20)?.first_chunk::<2>()?;
    let number = match head.get(5)? {
        1 => u16::from_le_bytes([low, high]),
        2 => u16::from_be_bytes([low, high]),
        _ => return None,
    };
    Some(match number {
        3 => "386",
        20 => "ppc",
        21 => "ppc64",
        22 => "s390x",
        40 => "arm",
        62 => "amd64",
        183 => "arm64",
        243 => "riscv64",
        258 => "loong64",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_their_first_bytes() {
        assert_eq!(Kind::of(b""), Kind::Empty);
        assert_eq!(Kind::of(b"#!/bin/sh -e\necho"), Kind::Script("/bin/sh -e".to_owned()));
        assert_eq!(Kind::of(b"#! /usr/bin/env bash"), Kind::Script("/usr/bin/env bash".to_owned()));
        assert_eq!(Kind::of(b"#!/bin/sh\n# proofmark shim\n"), Kind::Shim);
        assert_eq!(Kind::of(b"#!/bin/sh\n\n# proofmark shim\n"), Kind::Script("/bin/sh".to_owned()));
        assert_eq!(Kind::of(b"\x7fELF"), Kind::Elf(None));
        assert_eq!(Kind::of(b"PK\x03\x04"), Kind::Other);
        assert_eq!(Kind::of(b"#"), Kind::Other);
    }

    #[test]
    fn the_machine_of_a_program() {
        let mut head = [0_u8; 64];
        head[..6].copy_from_slice(b"\x7fELF\x02\x01");
        head[18] = 62;
        assert_eq!(Kind::of(&head), Kind::Elf(Some("amd64")));
        head[18] = 183;
        assert_eq!(Kind::of(&head), Kind::Elf(Some("arm64")));
        (head[5], head[18], head[19]) = (2, 0, 22);
        assert_eq!(Kind::of(&head), Kind::Elf(Some("s390x")));
        head[5] = 7;
        assert_eq!(Kind::of(&head), Kind::Elf(None));
    }
}
