//! What reading the stores may cost, and what stands in its way.

use libtest_mimic::{Failed, Trial};
use proofmark_envrc::store::{Roots, RootsError, StoreLimits, Variables, approval_name, denial_name};

use crate::case::Machine;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("reading/names", names),
        Trial::test("reading/roots", roots),
        Trial::test("reading/limits", limits),
        Trial::test("reading/settings", settings),
        Trial::test("reading/denials", denials),
    ]
}

fn ensure(holds: bool, what: impl Into<String>) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.into().into()) }
}

/// As `sha256sum` has them.
fn names() -> Result<(), Failed> {
    // printf '/a/.envrc\nexport A=1\n' | sha256sum
    ensure(
        approval_name(b"/a/.envrc", b"export A=1\n")
            == "a32b233b889b9ea201c9d24cf7a797aacf1cef0d0f53026cd1220385213eef27",
        approval_name(b"/a/.envrc", b"export A=1\n"),
    )?;
    ensure(
        denial_name(b"/a/.envrc") == "990adde458dbddeeffd0c2b737678b4d8951ef572b79ac6d740b8317d25d7235",
        denial_name(b"/a/.envrc"),
    )
}

fn roots() -> Result<(), Failed> {
    let set = |text: &str| Some(text.as_bytes().to_vec());
    let home = Variables { home: set("/h/"), ..Variables::default() };
    let found = |variables: &Variables| {
        let roots = Roots::of(variables)?;
        let [config, data, cache] =
            [roots.config, roots.data, roots.cache].map(|path| String::from_utf8(path).unwrap_or_default());
        Ok::<_, RootsError>([config, data, cache])
    };
    ensure(
        found(&home)? == ["/h/.config/direnv", "/h/.local/share/direnv", "/h/.cache/direnv"],
        "those of HOME",
    )?;
    let all = Variables { config_home: set("/c"), data_home: set("d/"), cache_home: set(""), ..home.clone() };
    ensure(found(&all)? == ["/c/direnv", "d/direnv", "/h/.cache/direnv"], "relative ones stay")?;
    let config = Variables { direnv_config: set("/own"), config_home: set("/c"), ..home };
    ensure(found(&config)?[0] == "/own", "DIRENV_CONFIG is the folder itself")?;
    let none = Variables { data_home: set("/d"), config_home: set("/c"), ..Variables::default() };
    ensure(found(&none) == Err(RootsError::Cache), "direnv needs all three")?;
    ensure(found(&Variables::default()) == Err(RootsError::Config), "and the first is told")
}

fn limits() -> Result<(), Failed> {
    let machine: Machine = toml::from_str(
        r#"
        [[file]]
        path = "/home/u/a/.envrc"
        text = "12345678"
        [[approval]]
        of = "/home/u/a/.envrc"
        text = "12345678"
        [[approval]]
        of = "/home/u/b/.envrc"
        "#,
    )?;
    let problems = |limits: &StoreLimits| machine.store(limits).problems.len();
    let enough = StoreLimits { entries: 2, file: 8, total: 8 };
    ensure(problems(&enough) == 0, "exactly as much as is there")?;
    for less in [
        StoreLimits { entries: 1, ..enough.clone() },
        StoreLimits { file: 7, ..enough.clone() },
        StoreLimits { total: 7, ..enough },
    ] {
        ensure(problems(&less) == 1, format!("{less:?}"))?;
    }
    Ok(())
}

/// What direnv refuses is never taken for settings that say nothing.
fn settings() -> Result<(), Failed> {
    let read = |text: &str| -> Result<_, Failed> {
        let text = format!("[[file]]\npath = '/home/u/.config/direnv/direnv.toml'\ntext = '''\n{text}'''\n");
        let machine: Machine = toml::from_str(&text)?;
        Ok(machine.store(&StoreLimits::default()))
    };
    for refused in [
        "[whitelist]\nprefix = \"/a\"",
        "[whitelist]\nprefix = [1]",
        "[whitelist]\nEXACT = true",
        "whitelist = 1",
        "global = []",
        "strict_env = \"yes\"",
        "[global]\nbash_path = 1",
        "[global\n",
        "a = 1\na = 2",
    ] {
        let store = read(refused)?;
        ensure(store.settings.is_none() && store.problems.len() == 1, refused)?;
    }
    let many = format!("[whitelist]\nprefix = [{}]", "\"/a\",".repeat(1001));
    ensure(read(&many)?.problems.len() == 1, "too many entries")?;
    let store = read(
        "Strict_Env = true\nother = 1\n[global]\ndisable_stdin = true\nLOAD_DOTENV = false\n\
         ['whiteli\u{17f}t']\nprefix=['/long/s']\n[whitelist]\nexact = ['~/a', '/b/.env', 'c', '/d/../e/']\nPrefix = ['~/f/', '/g/']",
    );
    let settings = store?.settings.ok_or("no settings")?;
    let paths = |list: &[proofmark_envrc::store::Whitelisted]| -> Vec<String> {
        list.iter().map(|entry| String::from_utf8_lossy(&entry.effective).into_owned()).collect()
    };
    ensure(settings.strict_env.is_some() && settings.disable_stdin.is_some(), "keys at the top level")?;
    ensure(settings.load_dotenv.is_none(), "false is not on")?;
    let exact = paths(&settings.exact);
    ensure(exact == ["/home/u/a/.envrc", "/b/.env", "c/.envrc", "/e/.envrc"], format!("{exact:?}"))?;
    let prefixes = paths(&settings.prefixes);
    ensure(prefixes == ["/long/s", "/home/u/f", "/g/"], format!("{prefixes:?}"))?;
    for (path, loaded) in [
        ("/home/u/f-other/.envrc", true),
        ("/g/x/.envrc", true),
        ("/g", false),
        ("/b/.env", true),
        ("/e/.envrc", true),
        ("/e/x/.envrc", false),
    ] {
        ensure(settings.whitelists(path.as_bytes()).is_some() == loaded, path)?;
    }
    let origin = &settings.prefixes.get(1).ok_or("none")?.origin;
    ensure(origin.line_text.starts_with("Prefix") && origin.start.column == 11, format!("{origin:?}"))
}

/// A denial holds for the path of its name; one that says another path says nothing.
fn denials() -> Result<(), Failed> {
    let machine: Machine = toml::from_str(
        r#"
        [[approval]]
        of = "/home/u/a/.envrc"
        store = "deny"
        [[approval]]
        of = "/home/u/b/.envrc"
        says = "/home/u/c/.envrc\n"
        store = "deny"
        "#,
    )?;
    let store = machine.store(&StoreLimits::default());
    ensure(store.is_denied(b"/home/u/a/.envrc"), "a")?;
    ensure(!store.is_denied(b"/home/u/c/.envrc") && store.denied.len() == 1, "c")
}
