//! `cargo xtask fold`: values that the interpreter computes, beside what bash makes of the same snippets.
//!
//! The snippets are generated: assignments, expansions, arrays, functions and builtins that print. They name no program, no
//! file and no variable of the environment, and bash gets neither `PATH` nor anything else.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use proofmark_envrc::{Action, Limits, NoFiles, Value, interpret};

use crate::dice::Dice;

/// Snippets, and how many of their values must be known for the comparison to say something.
const COUNT: usize = 10_000;
const MIN_KNOWN: usize = COUNT * 6 / 10;
/// Snippets that may end in an error.
const MAX_ENDED: usize = COUNT / 20;
/// Snippets that one bash runs.
const BATCH: usize = 500;
/// Between the values that bash prints: in no snippet.
const END: &str = "\u{1}";
/// Before the number of the snippet.
const START: &str = "\u{3}";
/// Between the number of the snippet and its value: as above.
const NAME: &str = "\u{2}";

/// Compares; the seed makes the snippets.
pub fn run(args: &[String]) -> Result<()> {
    let seed = match args {
        [] => 1,
        [seed] => seed.parse().context("the seed is a number")?,
        _ => anyhow::bail!("one seed at most"),
    };
    let mut dice = Dice::new(seed);
    let snippets: Vec<String> = (0..COUNT).map(|_| dice.snippet()).collect();
    let (mut known, mut ended) = (0, 0);
    for batch in snippets.chunks(BATCH) {
        for (snippet, real) in batch.iter().zip(bash(batch)?) {
            let Some(real) = real else {
                ended += 1;
                continue;
            };
            let trace = interpret("snippet", snippet.as_bytes(), &NoFiles, &Limits::default());
            // `eval` of what is no command: bash says so, and goes on.
            if !trace.problems.is_empty() {
                ended += 1;
                continue;
            }
            let value = result(&trace.events).with_context(|| snippet.clone())?;
            known += usize::from(value.as_known().is_some());
            ensure!(may_be(value, &real), "bash makes {real:?}, not {:?}, of\n{snippet}", value.shapes());
        }
    }
    println!(
        "{COUNT} snippets of seed {seed}: {known} values known, all as bash makes them; {ended} end in an error"
    );
    ensure!(
        known >= MIN_KNOWN && ended <= MAX_ENDED,
        "too few values are known, or too many end in an error"
    );
    Ok(())
}

/// The last value of `r`.
fn result(events: &[proofmark_envrc::Event]) -> Result<&Value> {
    let value = events.iter().rev().find_map(|event| match &event.action {
        Action::Assign { name, value, .. } if name == "r" => Some(value),
        _ => None,
    });
    value.context("nothing is assigned")
}

/// The text is among the possible ones. What has a hole may be anything.
fn may_be(value: &Value, real: &str) -> bool {
    value.options().iter().any(|text| text.as_known().is_none_or(|known| known == real))
}

/// What bash makes of each snippet, each in a subshell of its own. Nothing where an error ended it (`${l[-9]}`).
fn bash(snippets: &[String]) -> Result<Vec<Option<String>>> {
    let mut script = String::new();
    for (at, snippet) in snippets.iter().enumerate() {
        write!(script, "(\n{snippet}\nprintf '{START}%s{NAME}%s{END}' {at} \"$r\"\n)\n")?;
    }
    let mut bash = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "--restricted", "-O", "extglob"])
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("bash is not there")?;
    let mut input = bash.stdin.take().context("no pipe to bash")?;
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = bash.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("writing panicked"))??;
    let text = String::from_utf8(output.stdout)?;
    let mut values = vec![None; snippets.len()];
    for printed in text.split_terminator(END) {
        // A snippet may print something itself before.
        let (_, printed) = printed.rsplit_once(START).context("bash printed something else")?;
        let (at, value) = printed.split_once(NAME).context("bash printed something else")?;
        *values.get_mut(at.parse::<usize>()?).context("bash printed another number")? =
            Some(value.to_owned());
    }
    Ok(values)
}

impl Dice {
    /// A few lines that end with an assignment of `r`.
    fn snippet(&mut self) -> String {
        let mut text = String::from(
            "a=abc b='x y' c=/u/v.w/z.tar.gz n=3 v=a e=\nl=(p 'q r' s)\ndeclare -A m=([k]=v [o]=w)\n",
        );
        for _ in 0..self.roll(5) {
            let line = self.line();
            text.push_str(&line);
            text.push('\n');
        }
        let word = self.word(2);
        text + "r=" + &word
    }

    fn line(&mut self) -> String {
        let name = self.pick(&["a", "b", "c"]);
        let (one, two) = (self.word(1), self.word(1));
        match self.roll(16) {
            0 => format!("{name}={one}"),
            1 => format!("{name}+={one}"),
            2 => format!("l=({one} {two})"),
            3 => format!("l+=({one})"),
            4 => format!("l[{}]={one}", self.roll(4)),
            5 => format!("m[k]={one}"),
            6 => format!("printf -v {name} '%s-%s' {one} {two}"),
            7 => format!("read -r {name} e <<< {one}"),
            8 => format!("f() {{ echo \"$1:${{2-none}}:$#\"; }}; {name}=$(f {one} {two})"),
            9 => format!("for i in {one} {two}; do {name}=${name}$i; done"),
            10 => format!("set -- {one} {two}; {name}=\"$2$1$#$*\""),
            11 => format!("f() {{ local {name}={one}; b=${name}; }}; f"),
            12 => format!("eval {name}={one}"),
            13 => format!("if true; then {name}={one}; else {name}={two}; fi"),
            14 => format!("mapfile -t l < <(echo {one}; echo {two})"),
            _ => format!("unset {}; {name}={one}", self.pick(&["e", "b", "'l[1]'"])),
        }
    }

    /// One word, without blanks outside of quotes.
    fn word(&mut self, depth: usize) -> String {
        let mut text = String::new();
        for _ in 0..=self.roll(3) {
            let piece = self.piece(depth);
            text.push_str(&piece);
        }
        text
    }

    fn piece(&mut self, depth: usize) -> String {
        let name = self.pick(&["a", "b", "c", "e", "l"]);
        let fixed = [
            "lit",
            "'s  q'",
            r"\$x",
            r"$'t\x41\u0062'",
            "{1,2}",
            "-",
            ".",
            "0",
            "\"d q\"",
            "~x",
            "\"\"",
            "/",
            "\"{\"",
            "%s",
            "=",
        ];
        if depth == 0 {
            return self.pick(&fixed).to_owned();
        }
        match self.roll(28) {
            0..=6 => self.pick(&fixed).to_owned(),
            7 => format!("${name}"),
            8 | 9 => format!("\"${{{name}}}\""),
            // No braces in it: bash looks for their ends before it looks for that of `${`.
            10 => {
                let operand = self.pick(&[
                    "lit",
                    "'s  q'",
                    "$a",
                    "\"$b\"",
                    "$b",
                    "\"\"",
                    "x y",
                    "\\$a'b  c'",
                    "$(echo q  r)",
                ]);
                format!("${{{name}:-{operand}}}")
            }
            11 => format!("\"${{{name}:+{}}}\"", self.pick(&["set", "$a", "'q'"])),
            12 => format!("\"${{{name}#{}}}\"", self.pick(&["*/", "?", "a", "[a-m]", "*", "\"*\""])),
            13 => format!("\"${{{name}##{}}}\"", self.pick(&["*/", "*.", "[!x]", "*"])),
            14 => format!("\"${{{name}%{}}}\"", self.pick(&[".*", "?", "c", "/*"])),
            15 => format!("\"${{{name}%%{}}}\"", self.pick(&[".*", "/*", "?c", "[yz]"])),
            16 => format!(
                "\"${{{name}{}}}\"",
                self.pick(&["/a/X", "//[abc]/Y", "/#a/Z", "/%c/", "//\\//_", "/*/all", "//z"])
            ),
            17 => format!("\"${{{name}:{}}}\"", self.pick(&["1", "0:2", " -1", "1:-1", "n:1", "1:n-1"])),
            18 => format!("\"${{{name}{}}}\"", self.pick(&["^", "^^", ",", ",,"])),
            19 => format!("\"${{#{name}}}\""),
            20 => self
                .pick(&[
                    "\"${l[1]}\"",
                    "\"${l[-1]}\"",
                    "\"${l[*]}\"",
                    "\"${m[k]}\"",
                    "${#l[@]}",
                    "\"${l[n-2]}\"",
                ])
                .to_owned(),
            21 => {
                format!("$(( {} ))", self.pick(&["n + 2", "2*(n-1)", "-n%2", "7/2", "1<2", "n**2", "10-3-2"]))
            }
            22 => format!("$(echo {})", self.word(depth - 1)),
            23 => format!("\"$(printf '%s,%d;' {} 7)\"", self.word(depth - 1)),
            24 => format!("`echo {}`", self.pick(&["bt", "$a", "'x  y'"])),
            25 => "\"${!v}\"".to_owned(),
            26 => format!("$(echo -e {})", self.pick(&[r"'a\tb\x41'", r"'\101\0102'", r"'x\cy'"])),
            _ => format!("\"$(echo -n {}; echo z)\"", self.word(depth - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_snippets() {
        let (mut one, mut two) = (Dice::new(7), Dice::new(7));
        let snippets: Vec<String> = (0..50).map(|_| one.snippet()).collect();
        assert!(snippets.iter().all(|snippet| *snippet == two.snippet()));
        assert!(snippets.iter().any(|snippet| *snippet != snippets[0]));
    }

    #[test]
    fn only_possible_texts_agree() {
        assert!(may_be(&Value::known("a"), "a") && !may_be(&Value::known("a"), "b"));
    }
}
