//! Generated `.env` files, read by both.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use proofmark_envrc::{DotenvLimits, parse_dotenv};

use super::World;
use crate::dice::Dice;

/// Files, and how many of them must be right for the comparison to say something.
const COUNT: usize = 3_000;
const MIN_READ: usize = COUNT / 3;
/// What direnv's environment has, for the files to refer to.
const ENVIRONMENT: [(&str, &str); 3] = [("HOME", "/home/x"), ("B", "from outside"), ("EMPTY", "")];

pub(super) fn compare(world: &World, seed: u64) -> Result<()> {
    let mut dice = Dice::new(seed);
    let file = world.path().join("generated.env");
    let (mut read, mut refused) = (0, 0);
    for _ in 0..COUNT {
        let text = generated(&mut dice);
        fs::write(&file, &text)?;
        let mut command = Command::new(&world.direnv);
        command.args(["dotenv", "bash"]).arg(&file).env_clear().envs(ENVIRONMENT);
        let output = command.output()?;
        let shown = || format!("{:?}", String::from_utf8_lossy(&text));
        let ours = parse_dotenv(&text, &DotenvLimits::default());
        ensure!(
            output.status.success() == ours.is_ok(),
            "direnv: {}, ours: {ours:?}, of {}",
            output.status,
            shown()
        );
        let Ok(ours) = ours else {
            refused += 1;
            continue;
        };
        read += 1;
        let environment = |name: &[u8]| {
            let set = ENVIRONMENT.iter().find(|(known, _)| known.as_bytes() == name);
            set.map(|(_, value)| value.as_bytes().to_vec())
        };
        let ours: BTreeMap<String, Vec<u8>> = ours
            .variables()
            .into_iter()
            .map(|(name, one)| (name.to_owned(), one.value.resolve(&environment)))
            .collect();
        let theirs = exports(&output.stdout).with_context(shown)?;
        ensure!(ours == theirs, "direnv: {theirs:?}, ours: {ours:?}, of {}", shown());
    }
    println!("{COUNT} .env files of seed {seed}: {read} read alike, {refused} refused by both");
    ensure!(read >= MIN_READ && refused >= COUNT / 20, "the files say too little");
    Ok(())
}

/// A few lines of pieces that mean something, in likely and unlikely orders.
fn generated(dice: &mut Dice) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..=dice.roll(3) {
        line(dice, &mut text);
        let ends: [&[u8]; 5] = [b"\n", b"\r\n", b"\n\n", b"\r", b"\n"];
        text.extend(ends[dice.roll(ends.len())]);
    }
    text
}

fn line(dice: &mut Dice, text: &mut Vec<u8>) {
    // Mostly what is first in a list, so that most lines are right.
    let mut push = |dice: &mut Dice, of: &[&[u8]]| {
        let sides = if dice.roll(3) == 0 { of.len() } else { of.len().div_ceil(2) };
        text.extend(of[dice.roll(sides)]);
    };
    push(dice, &[b"", b"", b" ", b"export ", b"\t", b"export\t ", b"# c", b"\x0b", b"\xff"]);
    push(dice, &[b"A", b"A", b"B_2", b"1", b"c.d", b"EMPTY", b"export", b"", b"\xc3\xa9"]);
    push(dice, &[b"=", b"=", b"=", b" = ", b": ", b"==", b":  \t", b":", b" :", b" ", b"=\x0b"]);
    let quotes: [&[u8]; 6] = [b"\"", b"", b"'", b"\"", b"'", b"`"];
    let quote = dice.roll(quotes.len());
    push(dice, &quotes[quote..=quote]);
    for _ in 0..dice.roll(6) {
        push(
            dice,
            &[
                b"x",
                b"yz",
                b"$A",
                b"$HOME",
                b"${B}",
                b"${B",
                b"${",
                b"${}",
                b"$",
                b"$$",
                b"$1",
                b"${1}",
                b"${@}",
                b"${Q:-d e}",
                b"${EMPTY:-f}",
                b"${EMPTY}",
                b"${:-g}",
                b"${Q:-${B}}",
                b"\\n",
                b"\\r",
                b"\\t",
                b"\\",
                b"\\\\",
                b"\\$B",
                b"\\\"",
                b"'",
                b"\"",
                b"#",
                b" #",
                b" ",
                b"\t",
                b"=",
                b":",
                b"\x00",
                b"\xff",
                b"\xe2\x82\xac",
                b"\x0b",
                b"\x0c",
                b"-",
                b"/",
                b"}",
                b"\\\xc3\xa9",
                b"$\xc3\xa9",
                b"${\xff}",
            ],
        );
    }
    push(dice, &quotes[quote..=quote]);
    push(dice, &[b"", b"", b" ", b" # c", b"#c", b" # it's", b" # \"c\"", b" x"]);
}

/// What `direnv dotenv bash` prints: `export NAME=VALUE;` without spaces between, each value escaped to ASCII.
fn exports(printed: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let printed = std::str::from_utf8(printed)?.trim_end_matches('\n');
    let mut rest = printed;
    let mut variables = BTreeMap::new();
    while !rest.is_empty() {
        let (name, value) =
            rest.strip_prefix("export ").and_then(|rest| rest.split_once('=')).context("no export")?;
        // A name with a small letter stands in `$'…'`; nothing in a name is escaped.
        let name = name.strip_prefix("$'").and_then(|name| name.strip_suffix('\'')).unwrap_or(name);
        let (value, after) = escaped(value)?;
        variables.insert(name.to_owned(), value);
        rest = after.strip_prefix(';').context("no end of an export")?;
    }
    Ok(variables)
}

/// A word of literal characters, `''`, or `$'…'`; and what follows it.
fn escaped(text: &str) -> Result<(Vec<u8>, &str)> {
    let Some(mut rest) = text.strip_prefix("$'") else {
        let (word, _) = text.split_once(';').context("no end of a word")?;
        let value = if word == "''" { "" } else { word };
        return Ok((value.as_bytes().to_vec(), &text[word.len()..]));
    };
    let mut value = Vec::new();
    loop {
        let mut characters = rest.chars();
        match characters.next().context("no closing quote")? {
            '\'' => return Ok((value, characters.as_str())),
            '\\' => {
                let kind = characters.next().context("no escape")?;
                rest = characters.as_str();
                match kind {
                    'x' => {
                        let (digits, after) = rest.split_at_checked(2).context("no digits")?;
                        value.push(u8::from_str_radix(digits, 16)?);
                        rest = after;
                    }
                    't' => value.push(b'\t'),
                    'n' => value.push(b'\n'),
                    'r' => value.push(b'\r'),
                    other => value.push(u8::try_from(other)?),
                }
            }
            other => {
                value.push(u8::try_from(other)?);
                rest = characters.as_str();
            }
        }
    }
}
