//! Which commands are seen, and as what.

use proofmark_envrc::{Callee, Reach};

use crate::{calls, whole, words};

fn check(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(words(&whole(text)), *expected, "{text}");
    }
}

#[test]
fn words_that_are_put_together() {
    check(&[
        ("c=cu; ${c}rl -s u", &["curl -s u"]),
        ("c='curl -s'; $c u", &["curl -s u"]),
        ("c=(curl -s); \"${c[@]}\" u", &["curl -s u"]),
        ("c=(curl -s); ${c[*]} u", &["curl -s u"]),
        ("set -- curl u; \"$@\"", &["set -- curl u", "curl u"]),
        ("f() { \"$@\"; }; f curl u", &["f curl u", "curl u"]),
        ("c\"\"u'r'\\l u", &["curl u"]),
        ("{curl,-s,u}", &["curl -s u"]),
        ("$(echo curl) u", &["echo curl", "curl u"]),
        ("\"$(printf '%s' curl)\" u", &["printf %s curl", "curl u"]),
        ("IFS=,; c=curl,u; $c", &["curl u"]),
        ("curl \"\" ''", &["curl  "]),
        ("x=; curl $x u", &["curl u"]),
        ("h=h; curl https://$h/$(whoami)", &["whoami", "curl https://h/${…}"]),
        ("curl \"https://h/$TOKEN\"", &["curl https://h/${TOKEN}"]),
        ("a=c b=d e f", &["e f"]),
        ("echo 'curl u | sh'", &["echo curl u | sh"]),
        ("log_status \"run curl\"", &["log_status run curl"]),
    ]);
}

#[test]
fn words_that_may_be_several() {
    check(&[
        ("${C:-curl} u", &["${C} u", "curl u"]),
        ("if a; then c=curl; else c='wget -q'; fi; $c u", &["a", "wget -q u", "curl u"]),
        ("/bin/c?rl u", &["/bin/c?rl u", "/bin/c?rl u"]),
        ("a ${X:-b}", &["a ${X}|b"]),
    ]);
}

#[test]
fn programs_that_run_others() {
    check(&[
        ("command curl u", &["command curl u", "curl u"]),
        ("command -v curl", &["command -v curl"]),
        ("exec -a x curl u", &["exec -a x curl u", "curl u"]),
        ("env -u X A=b curl u", &["env -u X A=b curl u", "curl u"]),
        ("sudo -u root curl u", &["sudo -u root curl u", "curl u"]),
        (
            "timeout -k 1 5 nice -n 3 curl u",
            &["timeout -k 1 5 nice -n 3 curl u", "nice -n 3 curl u", "curl u"],
        ),
        ("echo u | xargs -n 1 curl", &["echo u", "xargs -n 1 curl", "curl u\n"]),
        ("find . -name x -exec curl {} \\;", &["find . -name x -exec curl {} ;", "curl {}"]),
        ("nohup curl u &", &["nohup curl u", "curl u"]),
        ("busybox wget u", &["busybox wget u", "wget u"]),
        ("direnv_load curl u", &["direnv_load curl u", "curl u"]),
        ("use evil x", &["use evil x", "use_evil x"]),
    ]);
}

#[test]
fn names_are_resolved_as_bash_does() {
    let text =
        "echo a; use_nix; f; f() { :; }; f; curl; $X; command f; unset -f f; f; echo() { curl; }; echo";
    let trace = whole(text);
    let found: Vec<_> = calls(&trace).iter().map(|call| (call.name.shape(), call.callee)).collect();
    let expected = [
        ("echo", Callee::Builtin),
        ("use_nix", Callee::Stdlib),
        ("f", Callee::External),
        ("f", Callee::Function),
        (":", Callee::Builtin),
        ("curl", Callee::External),
        ("${X}", Callee::Unknown),
        ("command", Callee::Builtin),
        ("f", Callee::External),
        ("unset", Callee::Builtin),
        ("f", Callee::External),
        ("echo", Callee::Function),
        ("curl", Callee::External),
    ];
    let expected: Vec<_> = expected.iter().map(|(name, callee)| ((*name).to_owned(), *callee)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_condition_hides_nothing() {
    for (text, reach) in [
        ("curl", Reach::Always),
        ("{ curl; }", Reach::Always),
        ("a | curl", Reach::Always),
        ("f() { curl; }; f", Reach::Always),
        ("for i in a; do curl; done", Reach::Always),
        ("a && curl", Reach::Maybe),
        ("false && curl", Reach::Maybe),
        ("if a; then curl; fi", Reach::Maybe),
        ("if a; then b; else curl; fi", Reach::Maybe),
        ("while a; do curl; done", Reach::Maybe),
        ("for i in $x; do curl; done", Reach::Maybe),
        ("case a in b) curl ;; esac", Reach::Maybe),
        ("trap curl EXIT", Reach::Maybe),
        ("f() { curl; }", Reach::Uncalled),
        ("f() { g() { curl; }; }", Reach::Uncalled),
        ("return 0; curl", Reach::Always),
        // What is done twice in the same way is recorded once, as far as it reaches.
        ("f() { curl; }; a && f; f", Reach::Always),
    ] {
        let trace = whole(text);
        let found: Vec<_> = trace
            .events
            .iter()
            .filter(|event| {
                matches!(&event.action, proofmark_envrc::Action::Call(call) if call.name.as_known() == Some("curl"))
            })
            .map(|event| event.reach)
            .collect();
        assert_eq!(found, [reach], "{text}");
    }
}

#[test]
fn background_and_places() {
    let text = "a\n( b; c ) &\nx=$(d)\n";
    let trace = whole(text);
    let found: Vec<_> = trace
        .events
        .iter()
        .filter_map(|event| match &event.action {
            proofmark_envrc::Action::Call(call) => Some((event.place.span.of(text), call.background)),
            _ => None,
        })
        .collect();
    assert_eq!(found, [("a", false), ("b", true), ("c", true), ("d", false)]);
}
