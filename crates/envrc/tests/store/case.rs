//! Cases: a machine, and what the rules say of it. The format is described in `src/store/rules/README.md`.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Origin, Position};
use proofmark_envrc::store::{
    FileKind, Permitted, PermittedFolder, PermittedStartup, Store, StoreContext, StoreFinding, StoreLimits,
    Variables, approval_name, denial_name, judge_store, read_store,
};
use serde::Deserialize;

use crate::disk::{Memory, Node, USER};

pub(crate) const HOME: &str = "/home/u";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Machine {
    pub(crate) about: String,
    pub(crate) expect: Vec<String>,
    pub(crate) says: Vec<String>,
    pub(crate) removes: usize,
    pub(crate) problems: usize,
    tree: Option<String>,
    variables: BTreeMap<String, String>,
    file: Vec<FileRow>,
    approval: Vec<ApprovalRow>,
    download: Vec<DownloadRow>,
    list: Option<List>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    path: String,
    #[serde(default)]
    text: String,
    kind: Option<String>,
    to: Option<String>,
    mode: Option<u32>,
    owner: Option<u32>,
    failed: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalRow {
    of: String,
    #[serde(default)]
    text: String,
    says: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    store: Where,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Where {
    #[default]
    Allow,
    Required,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DownloadRow {
    text: String,
    named: Option<String>,
    digits: Option<usize>,
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    folders: Vec<String>,
    #[serde(default)]
    startup: Vec<StartupRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartupRow {
    path: String,
    text: String,
}

fn kind(name: Option<&str>) -> FileKind {
    match name {
        None | Some("file") => FileKind::File,
        Some("folder") => FileKind::Folder,
        Some("link") => FileKind::Link,
        Some("pipe") => FileKind::Other,
        Some(other) => panic!("no kind `{other}`"),
    }
}

impl Machine {
    fn variables(&self) -> Variables {
        let mut variables = Variables { home: Some(HOME.into()), ..Variables::default() };
        for (name, value) in &self.variables {
            let field = match name.as_str() {
                "HOME" => &mut variables.home,
                "DIRENV_CONFIG" => &mut variables.direnv_config,
                "XDG_CONFIG_HOME" => &mut variables.config_home,
                "XDG_DATA_HOME" => &mut variables.data_home,
                "XDG_CACHE_HOME" => &mut variables.cache_home,
                "DIRENV_BASH" => &mut variables.direnv_bash,
                other => panic!("no variable `{other}`"),
            };
            *field = Some(value.clone().into());
        }
        variables
    }

    fn disk(&self) -> Memory {
        let mut disk = Memory::default();
        disk.add("/tmp/x", Node::file(b""));
        let data = "/home/u/.local/share/direnv";
        for row in &self.approval {
            let mut node = Node::file(row.says.clone().unwrap_or(format!("{}\n", row.of)).as_bytes());
            node.facts.kind = kind(row.kind.as_deref());
            let hash = approval_name(row.of.as_bytes(), row.text.as_bytes());
            let path = denial_name(row.of.as_bytes());
            let at = match row.store {
                Where::Allow => format!("{data}/allow/{hash}"),
                Where::Required => format!("{data}/allowed-required/{path}/{hash}"),
                Where::Deny => format!("{data}/deny/{path}"),
            };
            disk.add(&at, node);
        }
        for row in &self.download {
            let named = row.named.as_ref().unwrap_or(&row.text);
            let name = match row.digits {
                None | Some(64) => Digest::sha256(named.as_bytes()).hex().to_owned(),
                Some(128) => Digest::of(proofmark_core::Algorithm::Sha512, named.as_bytes()).hex().to_owned(),
                Some(digits) => "a".repeat(digits),
            };
            let mut node = Node::file(row.text.as_bytes());
            node.facts.kind = kind(row.kind.as_deref());
            disk.add(&format!("/home/u/.cache/direnv/cas/{name}"), node);
        }
        for row in &self.file {
            let mut node = Node::file(row.text.as_bytes());
            node.facts.kind = kind(row.kind.as_deref());
            node.facts.mode = row.mode.unwrap_or(node.facts.mode);
            node.facts.owner = row.owner.unwrap_or(USER);
            node.to = row.to.clone().unwrap_or_default();
            node.failed.clone_from(&row.failed);
            disk.add(&row.path, node);
        }
        disk
    }

    fn permitted(&self) -> Vec<Permitted> {
        let origin = || {
            let start = Position { line: 1, column: 1 };
            Origin { file: "allowlists/envrc.toml".into(), start, end: start, line_text: String::new() }
        };
        let folder = |path: &String| PermittedFolder { path: path.clone(), origin: origin() };
        let startup = |row: &StartupRow| PermittedStartup {
            path: row.path.clone(),
            sha256: Digest::sha256(row.text.as_bytes()).hex().to_owned(),
            origin: origin(),
        };
        let list = |list: &List| Permitted {
            folders: list.folders.iter().map(folder).collect(),
            startup: list.startup.iter().map(startup).collect(),
            origin: origin(),
        };
        self.list.iter().map(list).collect()
    }

    /// The store that direnv has on this machine.
    pub(crate) fn store(&self, limits: &StoreLimits) -> Store {
        read_store(&self.variables(), &[], &self.disk(), limits).unwrap()
    }

    pub(crate) fn judged(&self) -> (Store, Vec<StoreFinding>) {
        let store = self.store(&StoreLimits::default());
        let permitted = self.permitted();
        let context = StoreContext {
            user: Some(USER),
            tree: self.tree.as_deref().map(str::as_bytes),
            permitted: &permitted,
        };
        let findings = judge_store(&store, &context);
        (store, findings)
    }
}
