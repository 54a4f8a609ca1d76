//! containerd's configuration, as far as it decides whether a verifier is asked
//! (containerd `docs/image-verification.md`, `internal/cri/config/config.go`).

use std::collections::VecDeque;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

use crate::failure::Failure;
use crate::files::read_bounded;

/// Where it looks for verifiers.
pub(super) const BIN_DIR: &str = "/opt/containerd/image-verifier/bin";
/// The plugin that asks verifiers.
pub(super) const VERIFIER: &str = "io.containerd.image-verifier.v1.bindir";
/// The plugin that pulls through it, and the one that asks that of it for Kubernetes: today's name and that of version 2.
const TRANSFER: &str = "io.containerd.transfer.v1.local";
/// In a file without a version, which is one of version 1, it is `cri` (containerd `services/server/config`, `v1Migrate`).
const IMAGES: [&str; 3] = ["io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri", "cri"];

/// Bytes of one file, and how many files.
const MAX_FILE: u64 = 1024 * 1024;
const MAX_FILES: usize = 64;
const MAX_VERIFIERS: i64 = 10;
const TIMEOUT: Duration = Duration::from_secs(10);

/// The configuration in effect.
#[derive(Debug, Default)]
pub(super) struct Config {
    table: Table,
    /// The files that were read, the first one first.
    pub(super) files: Vec<PathBuf>,
}

impl Config {
    /// As [`Config::read`], for the commands.
    pub(super) fn load(path: &Path) -> Result<Self, Failure> {
        Self::read(path).map_err(|why| {
            Failure::unverifiable(
                "containerd-config",
                format!("containerd's configuration cannot be read: {why}"),
                "name the file that containerd reads: --config PATH",
            )
        })
    }

    /// Reads the file and all that it imports, what imported files import included, in containerd's order
    /// (`cmd/containerd/server/config`, `LoadConfig`); nothing where there is none, since containerd has defaults.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let mut config = Self::default();
        if !path.exists() && std::fs::symlink_metadata(path).is_err() {
            return Ok(config);
        }
        let mut pending = VecDeque::from([path.to_owned()]);
        while let Some(path) = pending.pop_front() {
            // Each once: imports may lead round.
            if config.files.contains(&path) {
                continue;
            }
            let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
            for import in config.add(path)? {
                pending.extend(matching(&clean(&directory.join(&import)))?);
            }
        }
        Ok(config)
    }

    /// Adds one file, and says what it imports.
    fn add(&mut self, path: PathBuf) -> Result<Vec<String>, String> {
        if self.files.len() >= MAX_FILES {
            return Err(format!("it imports more than {MAX_FILES} files"));
        }
        let shown = path.display();
        let bytes = read_bounded(&path, MAX_FILE).map_err(|error| format!("{shown}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8"))?;
        let table: Table = text.parse().map_err(|error| format!("{shown}: {error}"))?;
        let mut table = lower(table);
        let imports = match table.remove("imports") {
            None => Vec::new(),
            Some(Value::Array(all)) if all.iter().all(Value::is_str) => {
                all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(_) => {
                return Err(format!("{shown}: imports is no list of texts: containerd does not start"));
            }
        };
        merge(&mut self.table, table);
        self.files.push(path);
        Ok(imports)
    }

    fn plugin(&self, name: &str) -> Option<&Table> {
        self.table.get("plugins")?.as_table()?.get(name)?.as_table()
    }

    /// The directory of verifiers.
    pub(super) fn bin_dir(&self) -> PathBuf {
        let dir = self.plugin(VERIFIER).and_then(|plugin| plugin.get("bin_dir")).and_then(Value::as_str);
        PathBuf::from(dir.unwrap_or(BIN_DIR))
    }

    /// How many of them are asked; negative: all.
    pub(super) fn max_verifiers(&self) -> i64 {
        let most = self.plugin(VERIFIER).and_then(|plugin| plugin.get("max_verifiers"));
        most.and_then(Value::as_integer).unwrap_or(MAX_VERIFIERS)
    }

    /// How long each may take; `None`: what is written is no duration.
    pub(super) fn timeout(&self) -> Option<Duration> {
        match self.plugin(VERIFIER).and_then(|plugin| plugin.get("per_verifier_timeout")) {
            None => Some(TIMEOUT),
            Some(written) => written.as_str().and_then(duration),
        }
    }

    /// Plugins without which nobody is asked, that are turned off.
    pub(super) fn disabled(&self) -> Vec<&'static str> {
        let off = self.table.get("disabled_plugins").and_then(Value::as_array);
        let is_off = |name: &&str| {
            off.is_some_and(|all| all.iter().filter_map(Value::as_str).any(|plugin| plugin == *name))
        };
        [VERIFIER, TRANSFER].into_iter().filter(is_off).collect()
    }

    /// What makes Kubernetes pull without the transfer service, and so without a verifier.
    pub(super) fn local_pull(&self) -> Vec<String> {
        IMAGES.iter().filter_map(|name| self.plugin(name)).flat_map(local_pull).collect()
    }
}

/// Settings of the CRI plugin for images that mean a local pull: asked for, or fallen back to.
fn local_pull(plugin: &Table) -> Vec<String> {
    // In version 2 some stood in a table of their own.
    let nested = plugin.get("containerd").and_then(Value::as_table);
    let get = |key: &str| plugin.get(key).or_else(|| nested?.get(key));
    let is = |key: &str, value: bool| get(key).and_then(Value::as_bool) == Some(value);
    let mut found = Vec::new();
    for (key, value) in [
        ("use_local_image_pull", true),
        ("disable_snapshot_annotations", false),
        ("discard_unpacked_layers", true),
        ("image_pull_with_sync_fs", true),
    ] {
        if is(key, value) {
            found.push(format!("{key} = {value}"));
        }
    }
    if let Some(other) = get("max_concurrent_downloads").and_then(Value::as_integer).filter(|most| *most != 3)
    {
        found.push(format!("max_concurrent_downloads = {other}"));
    }
    let registry = plugin.get("registry").and_then(Value::as_table);
    for key in ["mirrors", "configs", "auths"] {
        let filled = registry.and_then(|registry| registry.get(key)).and_then(Value::as_table);
        if filled.is_some_and(|table| !table.is_empty()) {
            found.push(format!("registry.{key}"));
        }
    }
    found
}

/// A path without `.` and `..`, by its words alone as Go's `filepath.Clean` has it: the same file has one name.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            Component::ParentDir if clean.has_root() => {}
            part => clean.push(part),
        }
    }
    clean
}

/// Names of settings in lower case: containerd does not tell them apart (go-toml, "case insensitive"). Names of plugins are
/// keys of a map, and stay.
fn lower(table: Table) -> Table {
    let plain = |table: Table| -> Table {
        table.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), all_lower(value))).collect()
    };
    let mut out = Table::new();
    for (key, value) in table {
        let key = key.to_ascii_lowercase();
        let value = match value {
            Value::Table(plugins) if key == "plugins" => {
                let each = plugins.into_iter().map(|(name, plugin)| match plugin {
                    Value::Table(plugin) => (name, Value::Table(plain(plugin))),
                    other => (name, other),
                });
                Value::Table(each.collect())
            }
            other => other,
        };
        out.insert(key, value);
    }
    out
}

fn all_lower(value: Value) -> Value {
    match value {
        Value::Table(table) => Value::Table(
            table.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), all_lower(value))).collect(),
        ),
        other => other,
    }
}

/// A later file wins, key by key; lists are joined.
fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// The files that an import names: one path, or a pattern over the names of one directory.
fn matching(path: &Path) -> Result<Vec<PathBuf>, String> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !name.contains(['*', '?', '[']) {
        return Ok(vec![path.to_owned()]);
    }
    let (Some((before, after)), Some(directory)) = (name.split_once('*'), path.parent()) else {
        return Err(format!("imports: {} is a pattern that this version does not read", path.display()));
    };
    if [before, after].iter().any(|part| part.contains(['*', '?', '['])) {
        return Err(format!("imports: {} is a pattern that this version does not read", path.display()));
    }
    let Ok(entries) = std::fs::read_dir(directory) else { return Ok(Vec::new()) };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        })
        .take(MAX_FILES + 1)
        .collect();
    found.sort();
    Ok(found)
}

/// A duration as Go writes it: `1m30s`, `500ms`.
fn duration(text: &str) -> Option<Duration> {
    let mut total = 0_f64;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a directory that stands for containerd's")]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config { table: lower(text.parse().unwrap()), files: Vec::new() }
    }

    #[test]
    fn defaults() {
        let config = Config::read(Path::new("/nonexistent/config.toml")).unwrap();
        assert_eq!(config.bin_dir(), Path::new(BIN_DIR));
        assert_eq!((config.max_verifiers(), config.timeout()), (10, Some(Duration::from_secs(10))));
        assert!(config.disabled().is_empty() && config.local_pull().is_empty() && config.files.is_empty());
    }

    #[test]
    fn what_is_written() {
        let config = config(
            "disabled_plugins = [\"io.containerd.transfer.v1.local\", \"x\"]\n\
             [plugins.\"io.containerd.image-verifier.v1.bindir\"]\nbin_dir = \"/b\"\nmax_verifiers = 0\nper_verifier_timeout = \"1m2.5s\"\n",
        );
        assert_eq!(config.bin_dir(), Path::new("/b"));
        assert_eq!((config.max_verifiers(), config.timeout()), (0, Some(Duration::from_millis(62_500))));
        assert_eq!(config.disabled(), ["io.containerd.transfer.v1.local"]);
    }

    #[test]
    fn each_way_to_a_local_pull() {
        for (plugin, lines, found) in [
            (IMAGES[0], "use_local_image_pull = true", "use_local_image_pull = true"),
            (IMAGES[0], "disable_snapshot_annotations = false", "disable_snapshot_annotations = false"),
            (IMAGES[0], "discard_unpacked_layers = true", "discard_unpacked_layers = true"),
            (IMAGES[0], "image_pull_with_sync_fs = true", "image_pull_with_sync_fs = true"),
            (IMAGES[0], "max_concurrent_downloads = 10", "max_concurrent_downloads = 10"),
            (IMAGES[0], "[plugins.x.registry.mirrors.\"docker.io\"]\nendpoint = []", "registry.mirrors"),
            (IMAGES[0], "[plugins.x.registry.configs.\"a\".auth]\nusername = \"u\"", "registry.configs"),
            (IMAGES[0], "[plugins.x.registry.auths.\"a\"]\nusername = \"u\"", "registry.auths"),
            // Of version 1.
            (IMAGES[2], "[plugins.x.registry.mirrors.\"docker.io\"]\nendpoint = []", "registry.mirrors"),
            (IMAGES[0], "Use_Local_Image_Pull = true", "use_local_image_pull = true"),
            (
                IMAGES[1],
                "[plugins.x.containerd]\ndiscard_unpacked_layers = true",
                "discard_unpacked_layers = true",
            ),
        ] {
            let text =
                format!("[plugins.x]\n{lines}\n").replace("plugins.x", &format!("plugins.\"{plugin}\""));
            assert_eq!(config(&text).local_pull(), [found], "{text}");
        }
        let harmless = "[plugins.\"io.containerd.cri.v1.images\"]\nuse_local_image_pull = false\ndisable_snapshot_annotations = true\n\
                        max_concurrent_downloads = 3\n[plugins.\"io.containerd.cri.v1.images\".registry]\nconfig_path = \"/c\"\n";
        assert!(config(harmless).local_pull().is_empty());
    }

    #[test]
    fn imports_win_key_by_key() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        std::fs::create_dir(dir.path().join("conf.d")).unwrap();
        write(
            "config.toml",
            "imports = [\"conf.d/*.toml\", \"one.toml\"]\ndisabled_plugins = [\"a\"]\n[plugins.\"io.containerd.image-verifier.v1.bindir\"]\nbin_dir = \"/b\"\nmax_verifiers = 4\n",
        );
        write("conf.d/1.toml", "[plugins.\"io.containerd.image-verifier.v1.bindir\"]\nmax_verifiers = 5\n");
        write("conf.d/2.toml", "[plugins.\"io.containerd.image-verifier.v1.bindir\"]\nmax_verifiers = 6\n");
        write("conf.d/3.conf", "max = \"not read\"\n");
        write("one.toml", "disabled_plugins = [\"io.containerd.image-verifier.v1.bindir\"]\n");
        let config = Config::read(&dir.path().join("config.toml")).unwrap();
        assert_eq!((config.bin_dir(), config.max_verifiers()), (PathBuf::from("/b"), 6));
        assert_eq!(config.disabled(), [VERIFIER]);
        assert_eq!(config.files.len(), 4);
        write("one.toml", "not toml");
        assert!(Config::read(&dir.path().join("config.toml")).unwrap_err().contains("one.toml"));
        std::fs::remove_file(dir.path().join("one.toml")).unwrap();
        assert!(Config::read(&dir.path().join("config.toml")).unwrap_err().contains("one.toml"));
    }

    #[test]
    fn what_is_imported_imports_from_where_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        std::fs::create_dir_all(dir.path().join("conf.d/more")).unwrap();
        let max = |most: i64| format!("[plugins.\"{VERIFIER}\"]\nmax_verifiers = {most}\n");
        write("config.toml", &format!("imports = [\"conf.d/*.toml\", \"last.toml\"]\n{}", max(4)));
        write(
            "conf.d/a.toml",
            "imports = [\"more/nested.toml\", \"../conf.d/./a.toml\", \"../config.toml\"]\n",
        );
        write("last.toml", &max(6));
        write("conf.d/more/nested.toml", &max(0));
        let config = Config::read(&dir.path().join("config.toml")).unwrap();
        // First those that the first file names, then those that they name: the last one wins.
        assert_eq!((config.max_verifiers(), config.files.len()), (0, 4), "{:?}", config.files);
        write("conf.d/more/nested.toml", "imports = 1\n");
        assert!(Config::read(&dir.path().join("config.toml")).unwrap_err().contains("nested.toml: imports"));
        std::fs::remove_file(dir.path().join("conf.d/more/nested.toml")).unwrap();
        assert!(Config::read(&dir.path().join("config.toml")).unwrap_err().contains("nested.toml"));
    }

    #[test]
    fn durations_as_go_writes_them() {
        for (text, millis) in [("10s", 10_000), ("500ms", 500), ("1m30s", 90_000), ("1.5h", 5_400_000)] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "10 s", "1d", "-1s", "1s2"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
