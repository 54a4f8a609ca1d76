//! Approvals, whitelists and settings: what direnv does with them, and what the model says.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use proofmark_envrc::store::{
    ApprovalState, CachedState, Roots, Store, StoreLimits, Variables, approval_name, read_store,
};
use sha2::{Digest as _, Sha256};

use super::World;
use super::disk::Real;
use crate::dice::Dice;
use crate::peers::hex;

/// Generated settings.
const COUNT: usize = 400;

/// A home of its own.
struct Home<'a> {
    world: &'a World,
    path: PathBuf,
}

pub(super) fn compare(world: &World, seed: u64) -> Result<()> {
    let home = |name: &str| -> Result<Home<'_>> {
        let path = fs::canonicalize(world.path())?.join(name);
        fs::create_dir_all(&path)?;
        Ok(Home { world, path })
    };
    names(&home("names")?)?;
    states(&home("states")?)?;
    places(&home("places")?)?;
    startup(&home("startup")?)?;
    downloads(&home("downloads")?)?;
    whitelists(&home("whitelists")?, seed)
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

impl Home<'_> {
    fn write(&self, relative: &str, text: &str) -> Result<PathBuf> {
        let path = self.path.join(relative);
        fs::create_dir_all(path.parent().context("a path with a folder")?)?;
        fs::write(&path, text)?;
        Ok(path)
    }

    fn direnv(&self, arguments: &[&str], at: &Path, variables: &[(&str, &str)]) -> Result<Output> {
        let mut command = Command::new(&self.world.direnv);
        command.args(arguments).current_dir(at).env_clear().env("HOME", &self.path);
        command.env("PATH", "/usr/bin:/bin").envs(variables.iter().copied());
        command.output().context("direnv does not start")
    }

    fn store(&self) -> Result<Store> {
        let variables = Variables { home: Some(bytes(&self.path)), ..Variables::default() };
        Ok(read_store(&variables, &[], &Real, &StoreLimits::default())?)
    }

    /// Whether direnv would load the file in this folder; nothing where it fails.
    fn loads(&self, folder: &Path) -> Result<Option<bool>> {
        let output = self.direnv(&["status"], folder, &[])?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find_map(|line| line.strip_prefix("Found RC allowed "));
        Ok(line.filter(|_| output.status.success()).map(|line| line == "true"))
    }

    /// What the model says of it.
    fn predicted(&self, file: &Path) -> Result<bool> {
        let name = approval_name(&bytes(file), &fs::read(file)?);
        let allowed = self.path.join(".local/share/direnv/allow").join(name).exists();
        let store = self.store()?;
        let listed = store.settings.is_some_and(|settings| settings.whitelists(&bytes(file)).is_some());
        Ok(allowed || listed)
    }

    fn agree(&self, file: &Path, expected: bool, what: &str) -> Result<()> {
        let folder = file.parent().context("a file in a folder")?;
        let (theirs, ours) = (self.loads(folder)?, self.predicted(file)?);
        ensure!(theirs == Some(expected) && ours == expected, "{what}: direnv {theirs:?}, model {ours}");
        Ok(())
    }
}

/// Each approval that direnv writes has the name and the content of the model.
fn names(home: &Home<'_>) -> Result<()> {
    let mut expected = BTreeSet::new();
    for (folder, text) in
        [("a", ""), ("b c", "export A=1\n"), ("d\u{e4}", "\u{1}\n\n"), ("e'\"", "no end"), ("f\ng", "x")]
    {
        let file = home.write(&format!("{folder}/.envrc"), text)?;
        let output = home.direnv(&["allow"], &home.path.join(folder), &[])?;
        ensure!(output.status.success(), "direnv allow: {}", String::from_utf8_lossy(&output.stderr));
        expected.insert(approval_name(&bytes(&file), text.as_bytes()));
    }
    let store = home.store()?;
    let found: BTreeSet<String> = fs::read_dir(home.path.join(".local/share/direnv/allow"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    ensure!(found == expected, "direnv wrote {found:#?}, not {expected:#?}");
    ensure!(store.approvals.iter().all(|one| one.state == ApprovalState::Current), "{:#?}", store.approvals);
    println!("{} approvals have the names that they should", found.len());
    Ok(())
}

/// What loads, and what `direnv prune` removes, is what the model says.
fn states(home: &Home<'_>) -> Result<()> {
    let allow = home.path.join(".local/share/direnv/allow");
    let file = home.write("a/.envrc", "first\n")?;
    let folder = home.path.join("a");
    let of = |text: &str| allow.join(approval_name(&bytes(&file), text.as_bytes()));
    home.agree(&file, false, "before it is allowed")?;
    home.direnv(&["allow"], &folder, &[])?;
    home.agree(&file, true, "allowed")?;
    home.write("a/.envrc", "second\n")?;
    home.agree(&file, false, "changed")?;
    home.direnv(&["allow"], &folder, &[])?;
    home.write("a/.envrc", "first\n")?;
    home.agree(&file, true, "the earlier content again")?;
    home.direnv(&["deny"], &folder, &[])?;
    home.agree(&file, false, "denied")?;
    fs::write(of("first\n"), "")?;
    home.agree(&file, true, "approved by an empty file")?;
    fs::remove_file(of("first\n"))?;
    fs::create_dir(of("first\n"))?;
    home.agree(&file, true, "approved by a folder")?;
    fs::remove_dir(of("first\n"))?;
    symlink(&file, of("first\n"))?;
    home.agree(&file, true, "approved by a link")?;
    fs::remove_file(of("first\n"))?;
    symlink(home.path.join("nowhere"), of("first\n"))?;
    home.agree(&file, false, "a link that leads nowhere")?;
    fs::remove_file(of("first\n"))?;

    fs::write(of("first\n"), "")?;
    let gone = home.write("gone/.envrc", "x")?;
    home.direnv(&["allow"], &home.path.join("gone"), &[])?;
    fs::remove_file(gone)?;
    let store = home.store()?;
    let orphans: BTreeSet<PathBuf> = store
        .approvals
        .iter()
        .filter(|one| one.state == ApprovalState::Gone)
        .map(|one| PathBuf::from(std::ffi::OsStr::from_bytes(&one.file)))
        .collect();
    let all =
        || -> Result<BTreeSet<PathBuf>> { fs::read_dir(&allow)?.map(|entry| Ok(entry?.path())).collect() };
    let before = all()?;
    home.direnv(&["prune"], &home.path, &[])?;
    let pruned: BTreeSet<PathBuf> = before.difference(&all()?).cloned().collect();
    ensure!(orphans == pruned && orphans.len() == 1, "orphans {orphans:?}, direnv prune removes {pruned:?}");
    ensure!(all()?.len() == 2, "the empty approval and the earlier one stay");
    println!("ten states of an approval load, or do not, as direnv has it");
    Ok(())
}

/// The folders that variables lead to.
fn places(home: &Home<'_>) -> Result<()> {
    home.write("a/.envrc", "x")?;
    let folder = home.path.join("a");
    let sets: [&[(&str, &str)]; 7] = [
        &[],
        &[("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d/")],
        &[("DIRENV_CONFIG", "/own//x/"), ("XDG_CONFIG_HOME", "/c")],
        &[("XDG_CONFIG_HOME", ""), ("XDG_DATA_HOME", "")],
        &[("XDG_CONFIG_HOME", "rel"), ("XDG_DATA_HOME", "../rel")],
        &[("HOME", "")],
        &[("HOME", ""), ("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d")],
    ];
    for set in sets {
        let value = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_bytes().to_vec())
        };
        let variables = Variables {
            home: value("HOME").or_else(|| Some(bytes(&home.path))),
            direnv_config: value("DIRENV_CONFIG"),
            config_home: value("XDG_CONFIG_HOME"),
            data_home: value("XDG_DATA_HOME"),
            ..Variables::default()
        };
        let output = home.direnv(&["status"], &folder, set)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = |start: &str| said.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
        let theirs = line("DIRENV_CONFIG ").zip(line("Found RC allowPath "));
        let ours = Roots::of(&variables).ok().map(|roots| {
            let name = approval_name(&bytes(&folder.join(".envrc")), b"x");
            let text = |path: Vec<u8>| String::from_utf8_lossy(&path).into_owned();
            (text(roots.config), format!("{}/allow/{name}", text(roots.data)))
        });
        ensure!(theirs == ours, "{set:?}: direnv {theirs:?}, model {ours:?}");
    }
    println!("{} sets of variables lead to the same folders", sets.len());
    Ok(())
}

/// Startup files in their order.
fn startup(home: &Home<'_>) -> Result<()> {
    let log = home.path.join("log");
    let file = home.write("a/.envrc", "")?;
    home.direnv(&["allow"], &home.path.join("a"), &[])?;
    let add = |relative: &str| {
        let path = home.path.join(relative);
        home.write(relative, &format!("echo '{}' >> '{}'\n", path.display(), log.display()))
    };
    let names = ["lib/b.sh", "lib/a.sh", "lib/.c.sh", "lib/d.bash", "lib/B.sh"];
    for name in names {
        add(&format!(".config/direnv/{name}"))?;
    }
    add(".direnvrc")?;
    for step in ["~/.direnvrc alone", "and direnvrc"] {
        let _ = fs::remove_file(&log);
        let output = home.direnv(&["exec", ".", "true"], file.parent().context("a folder")?, &[])?;
        ensure!(output.status.success(), "direnv exec: {}", String::from_utf8_lossy(&output.stderr));
        let ran: Vec<String> = fs::read_to_string(&log)?.lines().map(str::to_owned).collect();
        let store = home.store()?;
        let ours: Vec<String> =
            store.startup.iter().map(|file| String::from_utf8_lossy(&file.path).into_owned()).collect();
        ensure!(ran == ours && ran.len() == 4, "{step}: direnv runs {ran:#?}, model {ours:#?}");
        add(".config/direnv/direnvrc")?;
    }
    println!("startup files run in the order of the model");
    Ok(())
}

/// A file in the cache is used by its name alone.
fn downloads(home: &Home<'_>) -> Result<()> {
    let hash = Sha256::digest(b"good");
    let file = home.write(&format!(".cache/direnv/cas/{}", hex(&hash)), "evil")?;
    let integrity = format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(hash));
    let output = home.direnv(&["fetchurl", "http://127.0.0.1:1/", &integrity], &home.path, &[])?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(output.status.success() && said == file.display().to_string(), "direnv fetchurl: {said}");
    let store = home.store()?;
    let [cached] = store.cached.as_slice() else { anyhow::bail!("{:?}", store.cached) };
    ensure!(cached.state == CachedState::Differs && cached.file == bytes(&file), "{cached:?}");
    println!("direnv uses a changed download, and the model tells it");
    Ok(())
}

/// Generated settings, for files beside and beneath what they name.
fn whitelists(home: &Home<'_>, seed: u64) -> Result<()> {
    let files = ["w/.envrc", "w/x/.envrc", "w-evil/.envrc", "v/.envrc"]
        .map(|relative| home.write(relative, "x"))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let mut dice = Dice::new(seed);
    let (mut loaded, mut refused) = (0, 0);
    for _ in 0..COUNT {
        let text = settings(&mut dice, &home.path.display().to_string());
        home.write(".config/direnv/direnv.toml", &text)?;
        let store = home.store()?;
        let file = &files[dice.roll(files.len())];
        let theirs = home.loads(file.parent().context("a folder")?)?;
        let ours = store.settings.map(|settings| settings.whitelists(&bytes(file)).is_some());
        ensure!(theirs == ours, "{}: direnv {theirs:?}, model {ours:?} with\n{text}", file.display());
        loaded += usize::from(theirs == Some(true));
        refused += usize::from(theirs.is_none());
    }
    println!("{COUNT} settings of seed {seed}: {loaded} load a file unasked, {refused} are refused, by both");
    ensure!(loaded >= COUNT / 8 && refused >= COUNT / 40, "the settings say too little");
    Ok(())
}

fn settings(dice: &mut Dice, home: &str) -> String {
    let list = |dice: &mut Dice| {
        let entries: Vec<String> = (0..dice.roll(3)).map(|_| format!("\"{}\"", entry(dice, home))).collect();
        format!("[{}]", entries.join(", "))
    };
    let table =
        dice.pick(&["whitelist", "whitelist", "Whitelist", "WHITELIST", "\"whiteli\u{17f}t\"", "white"]);
    let mut lines = Vec::new();
    if dice.roll(6) == 0 {
        let odd = ["strict_env = true", "bash_path = 1", "unknown = 1", "Load_Dotenv = \"x\""];
        lines.push(dice.pick(&odd).to_owned());
    }
    lines.push(format!("[{table}]"));
    for key in
        [dice.pick(&["prefix", "Prefix", "PREFIX", "pre"]), dice.pick(&["exact", "EXACT", "Exact", "ex"])]
    {
        let value = if dice.roll(20) == 0 { "\"/\"".to_owned() } else { list(dice) };
        lines.push(format!("{key} = {value}"));
    }
    lines.join("\n")
}

fn entry(dice: &mut Dice, home: &str) -> String {
    let start =
        dice.pick(&["HOME", "HOME", "~", "~/..", "HOME/v/..", "", "/", "HOME/"]).replace("HOME", home);
    let end = dice.pick(&["/w", "/w/", "/w/.envrc", "/w-", "", "/", "/w/x", "/v", "/v/../w", "//w"]);
    format!("{start}{end}")
}
