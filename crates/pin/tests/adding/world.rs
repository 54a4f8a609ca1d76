//! A network and a disk in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};

use proofmark_core::{Digest, Origin, Platform, Position, Reason, Timestamp};
use proofmark_lock::Lock;
use proofmark_pin::recipe::{List, Recipe};
use proofmark_pin::{
    AddError, Added, Authority, Bench, BundleSigner, Bundles, Demand, Fetch, FetchError, Look, Order,
    Placing, Signed, Target, VendorKey, Wanted, Whole, Why, add,
};

use crate::{ZipEntry, fixture, zip};

/// What the fixtures of vendorsig are signatures over.
pub(crate) fn op() -> Vec<u8> {
    fixture("file")
}

/// The archive as 1Password publishes it: the executable and the signature over it.
pub(crate) fn op_zip(signature: &[u8]) -> Vec<u8> {
    zip(&[ZipEntry::deflated("op", &op()), ZipEntry::stored("op.sig", signature)])
}

pub(crate) const OP: &str = "https://cache.agilebits.com/dist/1P/op2/pkg/v2.39.0/op_linux_amd64_v2.39.0.zip";

pub(crate) fn linux() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

pub(crate) fn origin() -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: "binaries.toml".to_owned(), start, end: start, line_text: String::new() }
}

/// Addresses with what is there, and those that do not answer.
#[derive(Default)]
pub(crate) struct Net {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) dead: Vec<String>,
    pub(crate) asked: Vec<String>,
}

impl Net {
    pub(crate) fn with(mut self, url: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(url.to_owned(), bytes.into());
        self
    }

    fn answer(&mut self, url: &str) -> Result<Option<Vec<u8>>, FetchError> {
        self.asked.push(url.to_owned());
        if self.dead.iter().any(|dead| url.starts_with(dead.as_str())) {
            let (message, help) = ("no answer".to_owned(), "try again".to_owned());
            return Err(FetchError { url: url.to_owned(), reason: Reason::Unreachable, message, help });
        }
        Ok(self.files.get(url).cloned())
    }
}

impl Fetch for Net {
    type File = Cursor<Vec<u8>>;

    fn small(&mut self, url: &str, max: u64) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(self.answer(url)?.filter(|bytes| bytes.len() as u64 <= max))
    }

    fn whole(&mut self, url: &str, _: Option<&Digest>) -> Result<Option<Whole<Self::File>>, FetchError> {
        let whole = |bytes: Vec<u8>| {
            let (sha256, size) = (Digest::sha256(&bytes), bytes.len() as u64);
            Whole { file: Cursor::new(bytes), sha256, size }
        };
        Ok(self.answer(url)?.map(whole))
    }
}

/// A folder in memory.
pub(crate) struct Folder {
    pub(crate) says: &'static str,
    pub(crate) asked: Cell<usize>,
    pub(crate) full: bool,
    pub(crate) root: bool,
    pub(crate) files: RefCell<BTreeMap<String, (Vec<u8>, u32)>>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { says: "2.39.0", asked: Cell::new(0), full: false, root: false, files: RefCell::default() }
    }
}

pub(crate) struct Scratch(Vec<u8>, bool);

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes, what they say, and how often they were asked: of a fresh one alone, the count is the folder's.
pub(crate) struct Ready<'a>(Vec<u8>, String, &'a Folder);

impl Look for Ready<'_> {
    fn shown(&self) -> &str {
        &self.1
    }

    fn tool(&self) -> &str {
        &self.1
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(&self.0[..]))
    }

    fn writable(&self) -> Vec<String> {
        Vec::new()
    }

    fn say(&self, _: &[&str]) -> Result<String, String> {
        self.2.asked.set(self.2.asked.get() + 1);
        Ok(self.2.says.to_owned())
    }
}

impl<'a> Bench for &'a Folder {
    type Scratch = Scratch;
    type Ready = Ready<'a>;

    fn scratch(&self) -> io::Result<Scratch> {
        Ok(Scratch(Vec::new(), self.full))
    }

    fn ready(&self, scratch: Scratch, tool: &str) -> io::Result<Ready<'a>> {
        Ok(Ready(scratch.0, tool.to_owned(), self))
    }
}

impl Target for &Folder {
    fn present(&self, name: &str) -> Option<(Digest, u32)> {
        self.files.borrow().get(name).map(|(bytes, mode)| (Digest::sha256(bytes), *mode))
    }

    fn mode_of(&self, placing: &Placing<'_>) -> u32 {
        let bits = placing.mode.bits();
        if self.root && placing.group.is_some() { bits } else { bits & 0o777 }
    }

    fn place(&self, ready: Ready<'_>, placing: &Placing<'_>) -> io::Result<Vec<String>> {
        self.files.borrow_mut().insert(placing.name.to_owned(), (ready.0, self.mode_of(placing)));
        Ok(Vec::new())
    }
}

/// A bundle is the text `NAME HEX`.
pub(crate) struct Judge(pub(crate) &'static str);

impl Bundles for Judge {
    fn verify(&self, bundle: &[u8], digest: &Digest, _: Timestamp) -> Result<Vec<BundleSigner>, Why> {
        let text = String::from_utf8(bundle.to_vec()).unwrap();
        if text == format!("{} {}", self.0, digest.hex()) {
            return Ok(vec![BundleSigner { by: self.0.to_owned(), with: "its key".to_owned() }]);
        }
        Err(Why::Bundle { reason: Reason::WrongSubject, message: "over something else".to_owned() })
    }

    fn names(&self) -> Vec<String> {
        vec![self.0.to_owned()]
    }
}

/// What a policy asks for.
pub(crate) struct Asked {
    pub(crate) keys: Vec<(String, VendorKey)>,
    pub(crate) signed: bool,
    pub(crate) sources: usize,
    pub(crate) versions: Vec<String>,
}

impl Asked {
    /// A signature by the vendor's key of the fixtures, or a bundle by `release`.
    pub(crate) fn signed() -> Self {
        let key = proofmark_vendorsig::openpgp::Key::parse(&fixture("vendor.asc")).unwrap();
        let keys = vec![("vendor".to_owned(), VendorKey::OpenPgp(Box::new(key)))];
        Self { keys, signed: true, sources: 0, versions: vec!["2.39.0".to_owned()] }
    }

    pub(crate) fn nothing() -> Self {
        Self { keys: Vec::new(), signed: false, sources: 0, versions: vec!["2.39.0".to_owned()] }
    }

    pub(crate) fn with<T>(&self, tool: &str, act: impl FnOnce(&Demand<'_>) -> T) -> T {
        let (judge, enough) = (Judge("release"), |signed: &[Signed]| !signed.is_empty());
        let wanted = if self.signed {
            let authority = Authority { keys: &self.keys, bundles: &judge };
            Wanted::Signed { authority, enough: &enough, text: "signed by vendor".to_owned() }
        } else {
            Wanted::Nobody("nobody signs it".to_owned())
        };
        act(&Demand {
            tool: tool.to_owned(),
            versions: self.versions.clone(),
            platforms: vec![linux()],
            wanted,
            sources: self.sources,
            origin: origin(),
        })
    }
}

/// One call of `pin add`.
pub(crate) struct Call<'a> {
    pub(crate) recipe: Recipe,
    pub(crate) platform: Platform,
    pub(crate) lists: Vec<List>,
    pub(crate) accept: Option<&'a str>,
    pub(crate) unlisted: bool,
    pub(crate) replace: bool,
    pub(crate) by: &'a str,
    pub(crate) lock: Lock,
}

impl Call<'_> {
    pub(crate) fn of(tool: &str) -> Self {
        let recipe = Recipe::embedded(tool).unwrap();
        let (lists, lock) = (Vec::new(), Lock::default());
        Self {
            recipe,
            platform: linux(),
            lists,
            accept: None,
            unlisted: false,
            replace: false,
            by: "alice",
            lock,
        }
    }

    pub(crate) fn run(&self, asked: &Asked, net: &mut Net, folder: &Folder) -> Result<Added, AddError> {
        let order = Order {
            recipe: &self.recipe,
            version: "2.39.0",
            platform: &self.platform,
            lists: &self.lists,
            accept_unsigned: self.accept,
            unlisted: self.unlisted,
            replace: self.replace,
            added: jiff::civil::date(2026, 11, 27),
            by: self.by,
        };
        asked.with(&self.recipe.tool, |demand| {
            add(&order, demand, &self.lock, (net, &folder), Some(&linux()), now())
        })
    }
}
