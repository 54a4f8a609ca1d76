//! Policies that are made to keep their reader busy: each ends, and says which cap it reached. What would need minutes
//! without the cap does not end in this test.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::fmt::Write as _;

use proofmark_policy::{
    Allowlist, Code, FILE_NAME, How, LoadFailure, MemoryFiles, Policy, check_allowlist, parse_str,
};

const HEAD: &str = "version = 1\n\n[signers.a]\nkey = \"platform.pub\"\n";

/// `count` times what `row` writes for the index.
fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "{}", row(index));
        text
    })
}

fn entries(count: usize, pattern: impl Fn(usize) -> String) -> String {
    let entry = |index| format!("[[image]]\nmatch = \"{}\"\nsigned-by = [\"a\"]\n", pattern(index));
    format!("{HEAD}{}", rows(count, entry))
}

fn policy(text: &str) -> Result<usize, LoadFailure> {
    parse_str(text, "proofmark.toml").map(|draft| draft.images())
}

/// The one error there is.
fn only(result: Result<usize, LoadFailure>) -> (Code, String) {
    let failure = result.unwrap_err();
    assert_eq!((failure.errors.len(), failure.omitted), (1, 0), "{failure:?}");
    (failure.errors[0].code, failure.errors[0].message.clone())
}

#[test]
fn patterns_that_are_slow_to_compare() {
    let a = "a".repeat(240);
    let text = entries(2000, |index| format!("*{a}{index}{a}*/x"));
    let (code, message) = only(policy(&text));
    assert_eq!(code, Code::Limit);
    assert!(message.contains("too many and too much alike"), "{message}");
}

/// As many entries as a policy may have, of shapes that people write, are far from the cap.
#[test]
fn two_thousand_everyday_entries_are_compared() {
    let pattern = |index| match index % 3 {
        0 => format!("ghcr.io/acme/app-{index}"),
        1 => format!("ghcr.io/*/team-{index}/**"),
        _ => format!("*-docker.pkg.dev/acme-{index}/*/app"),
    };
    assert_eq!(policy(&entries(2000, pattern)), Ok(2000));
}

#[test]
fn more_rows_than_a_file_may_have() {
    let image = |index| format!("[[image]]\nmatch = \"ghcr.io/acme/app-{index}\"\nsigned-by = [\"a\"]");
    let registry = |_| "[[registry]]\nhost = \"ghcr.io\"".to_owned();
    let exception = |index| {
        format!(
            "[[exception]]\nrule = \"image-digest\"\nsubject = \"ghcr.io/a/b@sha256:{index:064}\"\n\
             reason = \"r\"\nowner = \"o\"\nuntil = 2026-12-01"
        )
    };
    let listed = |index| {
        format!("[[image]]\nrepository = \"a/b\"\ndigest = \"sha256:{index:064}\"\nwhy = \"w\"\nby = \"b\"")
    };
    let denied = |index| format!("[[deny]]\ndigest = \"sha256:{index:064}\"\nwhy = \"w\"\nby = \"b\"");
    let base = |index| {
        format!(
            "[[base]]\nname = \"b{index}\"\ndigests = [\"sha256:{index:064}\"]\nplatforms = [\"linux/amd64\"]\n\
             diff-ids = [\"sha256:{index:064}\"]\nadded-by = \"b\"\nwhy = \"w\""
        )
    };
    let allowlist = |kind, text: &str| check_allowlist(kind, text, "x.toml", support::now());
    for (result, said) in [
        (policy(&format!("{HEAD}{}", rows(2001, image))), "image has 2001 tables, and may have 2000"),
        (allowlist(Allowlist::Registries, &rows(2001, registry)), "registry has 2001 tables"),
        (allowlist(Allowlist::Exceptions, &rows(2001, exception)), "exception has 2001 tables"),
        (allowlist(Allowlist::Bases, &rows(2001, base)), "base has 2001 tables, and may have 2000"),
        (allowlist(Allowlist::Digests, &rows(20_001, listed)), "image has 20001 tables, and may have 20000"),
        (allowlist(Allowlist::Denied, &rows(20_001, denied)), "deny has 20001 tables, and may have 20000"),
    ] {
        let (code, message) = only(result);
        assert_eq!(code, Code::Limit);
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(allowlist(Allowlist::Exceptions, &rows(2000, exception)), Ok(2000));
    assert_eq!(allowlist(Allowlist::Bases, &rows(2000, base)), Ok(2000));
    assert_eq!(allowlist(Allowlist::Digests, &rows(20_000, listed)), Ok(20_000));
}

#[test]
fn more_signers_and_items_than_there_may_be() {
    // Each expression is short, and nearly as large as it may be when it is compiled.
    let signer = |index| {
        format!("[signers.s{index}]\nissuer = \"i\"\nidentity-regex = '(a{{100}}){{90}}'\nsan = \"uri\"\n")
    };
    let (code, message) = only(policy(&format!("version = 1\n{}", rows(20_000, signer))));
    assert_eq!((code, message.as_str()), (Code::Limit, "signers has 20000 names, and may have 1000"));
    let names = "\"nobody\", ".repeat(100_000);
    let text = format!("{HEAD}[[image]]\nmatch = \"a.b/c\"\nsigned-by = {{ any = [{names}] }}\n");
    let (code, message) = only(policy(&text));
    assert_eq!(code, Code::Limit);
    assert_eq!(message, "image.signed-by.any has 100000 items, and may have 1000");
}

/// Every error has a column, and there are as many errors as characters: each column is counted from near by.
#[test]
fn errors_of_one_long_line() {
    for (text, code) in [
        (format!("registry = [{}]\n", "1,".repeat(2000)), Code::WrongType),
        (
            format!("registry = [{{{}}}]\n", rows(60_000, |index| format!("k{index}=1,")).replace('\n', "")),
            Code::UnknownKey,
        ),
        ("\r".repeat(250_000), Code::Syntax),
        ("\r".repeat(1_000_000), Code::Syntax),
    ] {
        let failure = check_allowlist(Allowlist::Registries, &text, "x.toml", support::now()).unwrap_err();
        assert_eq!(failure.errors[0].code, code);
        assert!(failure.errors.len() <= 200);
        assert_eq!(failure.errors[0].origin.start.line, 1);
    }
}

/// An unknown name is compared with those there are only if the answer is kept, and if it is short enough to be a slip.
#[test]
fn many_names_that_are_meant_for_others() {
    let signers = rows(1000, |index| format!("[signers.{}{index}]\nkey = \"k.pub\"", "s".repeat(20)));
    let names = rows(990, |index| format!("\"{}{index}\", ", "t".repeat(20)));
    let entry = |index| format!("[[image]]\nmatch = \"a.b/c{index}\"\nsigned-by = {{ any = [\n{names}] }}\n");
    let failure = policy(&format!("version = 1\n{signers}{}", rows(10, entry))).unwrap_err();
    assert_eq!((failure.errors.len(), failure.omitted), (200, 9700));
    assert_eq!(failure.errors[0].code, Code::UnknownSigner);
    let long = format!("{} = 1\n", "hosd".repeat(500_000));
    let failure = check_allowlist(Allowlist::Registries, &long, "x.toml", support::now()).unwrap_err();
    assert_eq!(failure.errors[0].code, Code::UnknownKey);
}

/// No file is too large, and all together are: links can name one file under many names.
#[test]
fn more_bytes_than_a_policy_may_have() {
    let list = format!("# {}\n", "x".repeat(8_000_000)).into_bytes();
    let mut files = support::common();
    let mut text = HEAD.to_owned();
    for index in 0..9 {
        files.insert(format!("allowlists/list-{index}.toml"), list.clone());
        let _ = write!(text, "\n[[image]]\nmatch = \"a.b/c{index}\"\ndigests = \"list-{index}.toml\"\n");
    }
    files.insert(FILE_NAME.to_owned(), text.into_bytes());
    let failure =
        Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Flag, &support::options()).unwrap_err();
    assert_eq!((failure.errors.len(), failure.errors[0].code), (1, Code::Limit));
    assert_eq!(failure.errors[0].message, "the files of this policy are larger than 67108864 bytes together");
    assert_eq!(failure.errors[0].origin.start.line, 40);
}
