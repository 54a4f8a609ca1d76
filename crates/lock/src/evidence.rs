//! What the vendor signed, kept beside the pin: with it the executable is verified again, at any time and without a network.

/// What a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    /// The executable itself: it can be verified where it is installed.
    Executable,
    /// What the URL serves.
    Archive,
    /// A list of checksums in which the archive's stands.
    Checksums,
}

impl Over {
    /// Every kind, with the name that the lock gives it.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Executable, "executable"), (Self::Archive, "archive"), (Self::Checksums, "checksums")];

    /// The name in the lock.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(over, _)| *over == self).map_or("", |(_, name)| name)
    }
}

/// How it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// A detached OpenPGP signature, binary or armored.
    OpenPgp,
    /// A minisign signature.
    Minisign,
    /// A Sigstore bundle.
    Sigstore,
}

impl EvidenceKind {
    /// Every kind, with the name that the lock gives it.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::OpenPgp, "openpgp"), (Self::Minisign, "minisign"), (Self::Sigstore, "sigstore")];

    /// The name in the lock.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// One signature. Who must have made it, the policy says, never the lock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// How it is signed.
    pub kind: EvidenceKind,
    /// What is signed.
    pub over: Over,
    /// The signature as the vendor publishes it.
    pub signature: Vec<u8>,
}

/// The vendor's list of checksums, as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksums(pub Vec<u8>);

impl Checksums {
    /// The SHA-256 that the list gives for a file, in lower case: lines as `sha256sum` writes them, in text or binary mode, or one
    /// sum alone. `None` where it gives none, and where it gives two that differ.
    pub fn of(&self, file: &str) -> Option<String> {
        let text = std::str::from_utf8(&self.0).ok()?;
        let mut sums = text.lines().filter_map(|line| sum(line.trim_ascii_end(), file));
        let first = sums.next()?;
        sums.all(|other| other == first).then_some(first)
    }
}

fn sum(line: &str, file: &str) -> Option<String> {
    let (digits, name) = line.split_at_checked(64).unwrap_or((line, ""));
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    // "two spaces", or a space and the mark of binary mode; some lists name files with their folder.
    let named = name.strip_prefix("  ").or_else(|| name.strip_prefix(" *"));
    let named = named.map(|name| name.strip_prefix("./").unwrap_or(name));
    (name.is_empty() || named == Some(file)).then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_checksums() {
        let (a, b) = ("a".repeat(64), "B".repeat(64));
        let of = |text: &str, file: &str| Checksums(text.as_bytes().to_vec()).of(file);
        let list = format!("{a}  op.zip\n{b} *./op.exe\r\nnot a line\n");
        assert_eq!(of(&list, "op.zip"), Some(a.clone()));
        assert_eq!(of(&list, "op.exe"), Some("b".repeat(64)));
        assert_eq!(of(&list, "p.zip"), None);
        assert_eq!(of(&list, "op"), None);
        assert_eq!(of(&a, "whatever"), Some(a.clone()), "a file of one sum");
        assert_eq!(of(&format!("{a}  x\n{b}  x\n"), "x"), None, "which of them?");
        assert_eq!(of(&format!("{a}  x\n{a}  x\n"), "x"), Some(a.clone()));
        assert_eq!(of(&format!("{a}x  op"), "op"), None);
        assert_eq!(of(&format!("{} op", &a[1..]), "op"), None);
        assert_eq!(Checksums(vec![0xff]).of("x"), None);
    }
}
