//! Recipes: where a tool is published, how it is packed, what its vendor signs, and how it is asked for its version.
//!
//! A recipe is data. Those of well-known tools are part of the program; a policy has its own as `recipes/TOOL.toml` beside it, in the
//! same form, and one of the same name stands for the program's: a mirror within a company. Who must have signed a tool, the policy says:
//! what a recipe tells of signers is what its author may write there.

mod embedded;
mod error;
mod feed;
mod listed;
mod read;
mod template;

use std::collections::BTreeMap;

use proofmark_core::Platform;
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{EvidenceKind, Mode, Over};

pub use error::RecipeError;
pub use feed::{FeedError, FeedFormat, Release, releases};
pub use listed::{Listed, listed, origin};
use template::{Template, Values};

/// Bytes of a recipe.
pub const MAX_RECIPE: u64 = 64 << 10;

/// The folder of a policy's own recipes, beside the policy.
pub const FOLDER: &str = "recipes";

/// How one tool is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The tool.
    pub tool: String,
    /// Who publishes it: a list that the vendor keeps is no second source.
    pub vendor: String,
    /// How it is installed.
    pub mode: Mode,
    /// Whose rights it runs with, where its mode is setgid.
    pub group: Option<String>,
    /// What the vendor signs, as far as it can be read.
    pub signatures: Vec<Signature>,
    /// The vendor's list of checksums that nobody signed: it finds damage, and counts for nothing else.
    pub checksums: Option<Template>,
    /// Why there is no signature. Exactly the recipes without one say so.
    pub unsigned: Option<String>,
    /// Who signs, as a policy may name it.
    pub signer: Option<SignerHint>,
    /// How it is asked for its version.
    pub asks: Option<Asks>,
    /// Where its versions are listed.
    pub versions: Option<Feed>,
    /// Others who list its checksums.
    pub lists: Vec<List>,
    builds: Vec<Build>,
}

/// Builds of some platforms whose addresses have one form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Build {
    platforms: Vec<Platform>,
    place: Place,
    archive: ArchiveKind,
    member: Option<Template>,
    /// What the vendor calls an operating system or an architecture.
    names: BTreeMap<String, String>,
    unsigned: Option<String>,
}

/// Where a build is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// At this address.
    Url(Template),
    /// Where an index says that the file of this name is: PyPI's addresses hold a hash.
    Index { at: Template, file: Template },
}

/// What the vendor signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How.
    pub kind: EvidenceKind,
    /// What.
    pub over: Over,
    place: SignaturePlace,
    list: Option<Template>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum SignaturePlace {
    /// Beside the download.
    At(Template),
    /// In the archive.
    Member(Template),
}

/// Who signs, in the words of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerHint {
    /// An OpenPGP key.
    OpenPgp {
        /// The file in `trust-roots/`.
        file: String,
        /// The primary key's fingerprint.
        fingerprint: String,
    },
    /// A minisign key.
    Minisign {
        /// The file in `trust-roots/`.
        file: String,
    },
    /// A certificate identity.
    Certificate {
        /// The issuer.
        issuer: String,
        /// The identity, as a pattern.
        identity: String,
    },
}

/// How a tool tells its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asks {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The line in which it stands, as the tool printed it; `{version}` stands for the version.
    pub prints: Template,
}

/// Where versions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The address.
    pub at: String,
    /// What is there.
    pub format: FeedFormat,
}

/// A list of checksums that somebody else keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Who.
    pub operator: String,
    /// Where: an address.
    pub at: String,
}

/// One download, before anything was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<'a> {
    recipe: &'a Recipe,
    build: &'a Build,
    values: Values,
    /// Where it is, or who tells it.
    pub place: PlannedPlace,
    /// How it is packed.
    pub archive: ArchiveKind,
    /// The executable in it.
    pub member: Option<String>,
}

/// Where a download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedPlace {
    /// At this address.
    Url(String),
    /// An index tells where the file is.
    Index {
        /// The index.
        at: String,
        /// The file's name.
        file: String,
    },
}

/// Where a signature of one download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSignature {
    /// How it is signed.
    pub kind: EvidenceKind,
    /// What is signed.
    pub over: Over,
    /// Where the signature is.
    pub at: SignatureAt,
    /// Where the list is that is signed.
    pub list: Option<String>,
}

/// Where a signature is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureAt {
    /// At an address.
    Url(String),
    /// In the archive, under this name.
    Member(String),
}

impl Recipe {
    /// The program's own recipe of a tool.
    pub fn embedded(tool: &str) -> Option<Self> {
        embedded::recipe(tool)
    }

    /// The tools of the program's own recipes, sorted.
    pub fn embedded_tools() -> impl Iterator<Item = &'static str> {
        embedded::TOOLS.iter().map(|(tool, _)| *tool)
    }

    /// Reads a recipe; `file` is its path as it is shown.
    ///
    /// # Errors
    /// [`RecipeError`].
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, RecipeError> {
        read::recipe(bytes, file)
    }

    /// Every platform for which there are builds, in the order of the recipe.
    pub fn platforms(&self) -> impl Iterator<Item = &Platform> {
        self.builds.iter().flat_map(|build| &build.platforms)
    }

    /// The download of a version for a platform; `None`: there is no build for it.
    pub fn plan(&self, version: &str, platform: &Platform) -> Option<Planned<'_>> {
        let build = self.builds.iter().find(|build| build.platforms.contains(platform))?;
        let named = |name: &String| build.names.get(name).unwrap_or(name).clone();
        let values = Values {
            version: version.to_owned(),
            os: named(&platform.os),
            arch: named(&platform.architecture),
            exe: if platform.os == "windows" { ".exe" } else { "" }.to_owned(),
            ..Values::default()
        };
        let place = match &build.place {
            Place::Url(url) => PlannedPlace::Url(url.fill(&values)),
            Place::Index { at, file } => {
                PlannedPlace::Index { at: at.fill(&values), file: file.fill(&values) }
            }
        };
        let member = build.member.as_ref().map(|member| member.fill(&values));
        Some(Planned { recipe: self, build, values, place, archive: build.archive, member })
    }
}

impl Planned<'_> {
    /// What its vendor signs, where it is downloaded from `url`.
    pub fn signatures(&self, url: &str) -> Vec<PlannedSignature> {
        if self.build.unsigned.is_some() {
            return Vec::new();
        }
        let planned = |signature: &Signature| {
            let values = Values { url: url.to_owned(), ..self.values.clone() };
            let list = signature.list.as_ref().map(|list| list.fill(&values));
            let values = Values { list: list.clone().unwrap_or_default(), ..values };
            let at = match &signature.place {
                SignaturePlace::At(at) => SignatureAt::Url(at.fill(&values)),
                SignaturePlace::Member(name) => SignatureAt::Member(name.fill(&values)),
            };
            PlannedSignature { kind: signature.kind, over: signature.over, at, list }
        };
        self.recipe.signatures.iter().map(planned).collect()
    }

    /// The vendor's list of checksums that nobody signed.
    pub fn checksums(&self, url: &str) -> Option<String> {
        let values = Values { url: url.to_owned(), ..self.values.clone() };
        self.recipe.checksums.as_ref().map(|list| list.fill(&values))
    }

    /// Why its vendor signs nothing, if so.
    pub fn unsigned(&self) -> Option<&str> {
        self.build.unsigned.as_deref().or(self.recipe.unsigned.as_deref())
    }
}
