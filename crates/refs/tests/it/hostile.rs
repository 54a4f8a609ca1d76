//! Files that want to cost too much.

use proofmark_refs::{FileKind, ProblemKind, Scan, ScanLimits, Target, Unresolved, scan};

use crate::KINDS;

fn run(bytes: &[u8], kind: FileKind) -> Scan {
    scan("f", bytes, kind, &ScanLimits::default())
}

fn limits(scan: &Scan) -> usize {
    scan.problems.iter().filter(|problem| matches!(problem.kind, ProblemKind::Limit { .. })).count()
}

#[test]
fn a_file_of_a_hundred_megabytes_is_not_read() {
    let bytes = vec![b' '; 100 * 1024 * 1024];
    for kind in KINDS {
        let scan = run(&bytes, kind);
        assert_eq!((scan.found.len(), limits(&scan)), (0, 1), "{kind:?}");
    }
}

/// A "billion laughs": nine levels of nine aliases, through sequences, mappings and merge keys.
#[test]
fn alias_bombs_stay_small() {
    let mut text = String::from("apiVersion: v1\nkind: Pod\na0: &a0 [{image: x:1}]\n");
    for level in 1..60 {
        let list = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    let scan = run(text.as_bytes(), FileKind::Kubernetes);
    assert_eq!(scan.found.len(), 1);

    // Through fields whose texts go by free names, and devices.
    let mut text = String::from("apiVersion: v1\nkind: Pod\na0: &a0 {image: x:1}\n");
    for level in 1..60 {
        let below = level - 1;
        text.push_str(&format!(
            "a{level}: &a{level} {{labels: *a{below}, data: *a{below}, rbd: *a{below}}}\n"
        ));
    }
    let scan = run(text.as_bytes(), FileKind::Kubernetes);
    assert_eq!((scan.found.len(), limits(&scan)), (1, 0));

    let mut text = String::from("x0: &m0 {image: 'x:1'}\n");
    for level in 1..40 {
        let list = vec![format!("*m{}", level - 1); 9].join(", ");
        text.push_str(&format!("x{level}: &m{level} {{<<: [{list}]}}\n"));
    }
    text.push_str("services: {a: *m39, b: {image: 'y:1'}}\n");
    let scan = run(text.as_bytes(), FileKind::Compose);
    assert_eq!(limits(&scan), 1);
}

/// Mappings of many keys that are merged into one another, and the last into many.
#[test]
fn many_keys_that_are_merged_are_a_limit() {
    let mut text = String::new();
    for level in 0..31 {
        let keys: Vec<String> = (0..1000).map(|key| format!("k{level}_{key}: x")).collect();
        let below = if level > 0 { format!("<<: *m{}, ", level - 1) } else { String::new() };
        text.push_str(&format!("x-m{level}: &m{level} {{{below}{}}}\n", keys.join(", ")));
    }
    text.push_str("services:\n  first: {image: 'y:1'}\n");
    for service in 0..10_000 {
        text.push_str(&format!("  s{service}: {{<<: *m30, image: 'x:{service}'}}\n"));
    }
    let scan = run(text.as_bytes(), FileKind::Compose);
    assert_eq!(limits(&scan), 1);
    assert!(scan.found.len() > 1);

    // What honest files have is read.
    let mut text =
        String::from("x-base: &base {image: 'b:1', restart: always}\nx-more: &more {<<: *base, tty: true}\n");
    text.push_str("services:\n");
    for service in 0..5_000 {
        text.push_str(&format!("  s{service}: {{<<: [*more, *base], image: 'x:{service}'}}\n"));
    }
    let scan = run(text.as_bytes(), FileKind::Compose);
    assert_eq!((limits(&scan), scan.found.len()), (0, 5_000));
}

/// A step with thousands of arguments, in each of thousands of places, with a matrix of values for its paths.
#[test]
fn builds_that_are_given_much_are_a_limit() {
    let args = (0..2_000).map(|n| format!("A{n}=x")).collect::<Vec<_>>().join("\\n");
    let values = (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "on: push\njobs:\n  a:\n    strategy: {{matrix: {{v: [{values}], w: [1, 2, 3, 4, 5, 6, 7, 8]}}}}\n    steps:\n    - &s {{uses: \
         docker/build-push-action@v6, with: {{file: '${{{{ matrix.v }}}}', build-args: \"A=${{{{ matrix.w }}}}\\nB=${{{{ matrix.w \
         }}}}\\n{args}\"}}}}\n"
    );
    text.push_str(&"    - *s\n".repeat(100_000));
    let scan = run(text.as_bytes(), FileKind::Workflow);
    assert!(limits(&scan) > 0);
    assert!(scan.named.len() < 50_000, "{}", scan.named.len());
}

#[test]
fn long_chains_of_aliases_do_not_overflow_the_stack() {
    let mut text = String::from("apiVersion: v1\nkind: X\na0: &a0 {image: 'x:1'}\n");
    for level in 1..20_000 {
        text.push_str(&format!("a{level}: &a{level} {{x: *a{}}}\n", level - 1));
    }
    // From the other end the chain is as deep as it is long.
    text.push_str("---\napiVersion: v1\nkind: X\nspec:\n  deep: &d0 {image: 'y:1'}\n");
    assert!(run(text.as_bytes(), FileKind::Kubernetes).found.len() >= 2);
    // Of all that is there only this is passed over, so that the chain is met by its end.
    let mut chain = String::from("apiVersion: skaffold/v2\nkind: X\nartifacts:\n  b0: &b0 {image: 'x:1'}\n");
    for level in 1..20_000 {
        chain.push_str(&format!("  b{level}: &b{level} {{x: *b{}}}\n", level - 1));
    }
    chain.push_str("spec: *b19999\n");
    assert_eq!(limits(&run(chain.as_bytes(), FileKind::Kubernetes)), 1);
}

#[test]
fn deep_nesting_is_a_limit_and_the_next_document_is_read() {
    let flow = format!(
        "a: {}\n---\napiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: x:1}}]}}\n",
        "[".repeat(100_000)
    );
    let mut block = String::new();
    for level in 0..2_000 {
        block.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    block.push_str("---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: x:1}]}\n");
    for text in [flow, block] {
        let scan = run(text.as_bytes(), FileKind::Kubernetes);
        assert_eq!((scan.found.len(), limits(&scan)), (1, 1), "{:?}", scan.problems);
    }
    let json = format!("{{\"image\": {}", "[".repeat(100_000));
    assert_eq!(limits(&run(json.as_bytes(), FileKind::Devcontainer)), 1);
}

#[test]
fn counts_are_capped() {
    let limits_small = ScanLimits { nodes: 100, found: 10, problems: 5, ..ScanLimits::default() };
    let wide = format!("services:\n{}", "  a:\n    image: x:1\n".repeat(30));
    let scan = scan("f", wide.as_bytes(), FileKind::Compose, &limits_small);
    assert!(scan.found.len() <= 10 && scan.problems.len() <= 5);
    assert!(limits(&scan) >= 1);
    let many = "FROM a\n".repeat(100);
    let scan = proofmark_refs::scan("f", many.as_bytes(), FileKind::Dockerfile, &limits_small);
    assert_eq!((scan.found.len(), limits(&scan)), (10, 1));
    let named = format!("include: [{}]", "a, ".repeat(40));
    let scan = proofmark_refs::scan("f", named.as_bytes(), FileKind::Compose, &limits_small);
    assert_eq!((scan.named.len(), limits(&scan)), (10, 1));
}

/// Columns are counted once, not once for each reference.
#[test]
fn one_line_of_many_references() {
    let items = "{image: 'x:1'},".repeat(15_000);
    let text = format!("{{apiVersion: v1, kind: Pod, spec: {{containers: [{items}]}}}}");
    let scan = run(text.as_bytes(), FileKind::Kubernetes);
    assert_eq!(scan.found.len(), 15_000);
    let last = scan.found.last().unwrap();
    assert_eq!(last.origin.start.column as usize, last.span.start + 1);
}

#[test]
fn other_encodings_are_told() {
    let utf16: Vec<u8> = "\u{feff}FROM a".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for kind in KINDS {
        assert_eq!(run(&utf16, kind).problems[0].kind, ProblemKind::NotUtf8);
    }
    let yaml = run(b"services:\n  a: {image: x:1}\n  b: {image: \"\xff\"}\n", FileKind::Compose);
    assert!(yaml.problems.iter().any(|p| p.kind == ProblemKind::NotUtf8 && p.origin.start.line == 3));
    assert!(!yaml.found.is_empty());
}

#[test]
fn controls_and_lone_returns() {
    for kind in KINDS {
        for text in
            ["\0", "\r", "\t", "a:\t\r\0", "FROM a\0b\rFROM c", "\u{feff}", "", "---", "...", "- ", "{", "'"]
        {
            let scan = run(text.as_bytes(), kind);
            assert!(scan.found.iter().all(|found| found.target.image().is_none()), "{kind:?} {text:?}");
        }
    }
}

/// An argument that grows out of itself stays within the longest value.
#[test]
fn arguments_do_not_explode() {
    let mut text = String::from("ARG A0=aaaaaaaaaaaaaaaa\n");
    for level in 1..200 {
        text.push_str(&format!("ARG A{level}=$A{0}$A{0}$A{0}$A{0}\n", level - 1));
    }
    text.push_str("FROM $A199\n");
    let scan = run(text.as_bytes(), FileKind::Dockerfile);
    assert_eq!(scan.found[0].target, Target::Unresolved(Unresolved::TooLong));
    assert!(scan.found[0].defaults.len() <= 64);
}

/// Each heredoc without an end costs a look at all that follows, so only the first few are told.
#[test]
fn open_heredocs_are_bounded() {
    let text = format!("FROM a\n{}FROM b\n", "RUN <<X\n".repeat(50_000));
    let scan = run(text.as_bytes(), FileKind::Dockerfile);
    assert_eq!((scan.found.len(), scan.problems.len()), (2, 16));
}

/// A text that aliases bring to many places is read once, and what stands in it is one reference.
#[test]
fn texts_are_read_once() {
    let text = String::from("  containers:\n  - image: a:1\n") + &"  # x\n".repeat(20_000);
    let mut yaml = format!("apiVersion: v1\nkind: ConfigMap\nx: &x |\n{text}data:\n");
    for key in 0..20_000 {
        yaml.push_str(&format!("  k{key}: *x\n"));
    }
    let scan = run(yaml.as_bytes(), FileKind::Kubernetes);
    assert_eq!((scan.found.len(), scan.problems.len()), (1, 0));
}

/// A limit inside a text is a limit of the file.
#[test]
fn limits_inside_texts_are_told() {
    let yaml = format!("apiVersion: v1\nkind: X\nx: |\n  image:\n  a: {}\n", "[".repeat(1_000));
    assert_eq!(limits(&run(yaml.as_bytes(), FileKind::Kubernetes)), 1);
}

/// What stands behind the cap could give a variable another value than its default.
#[test]
fn environment_files_beyond_the_cap_are_told() {
    let small = ScanLimits { found: 10, ..ScanLimits::default() };
    let with = |count: usize| {
        let files: Vec<String> = (0..count).map(|at| format!("e{at}.env")).collect();
        let text = format!("include: [{{path: a.yaml, env_file: [{}]}}]\n", files.join(", "));
        scan("f", text.as_bytes(), FileKind::Compose, &small)
    };
    assert_eq!((limits(&with(10)), with(10).named[0].environment.len()), (0, 10));
    assert_eq!(limits(&with(11)), 1);
    // One text, and a name that is not known.
    let one = |text: &str| scan("f", text.as_bytes(), FileKind::Compose, &small);
    assert_eq!(one("include: [{path: a.yaml, env_file: x.env}]\n").named[0].environment, ["x.env"]);
    let unknown = one("include: [{path: a.yaml, env_file: [\"${E}\"]}]\n");
    assert!(unknown.found.iter().any(|found| matches!(found.target, Target::Unresolved(_))), "{unknown:?}");
}

/// Steps that all name the values of one matrix cost what one of them does.
#[test]
fn a_matrix_is_gone_through_once() {
    let values: Vec<String> = (0..2_000).map(|n| format!("'x{n}:1'")).collect();
    let mut text = format!(
        "on: push\njobs:\n  a:\n    strategy: {{matrix: {{image: [{}]}}}}\n    steps:\n",
        values.join(", ")
    );
    for _ in 0..20_000 {
        text.push_str("      - uses: docker://${{ matrix.image }}\n");
    }
    let scan = run(text.as_bytes(), FileKind::Workflow);
    assert_eq!((scan.found.len(), limits(&scan)), (2_000, 0));
}
