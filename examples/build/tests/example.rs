//! The example, as it was built.

use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_proofmark-example-build");

#[test]
fn the_pinned_tool_ran_and_the_pinned_agent_is_taken_along() {
    let said = Command::new(PROGRAM).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let agent = std::fs::metadata("vendored/agent-1.4.0.sh").unwrap().len();
    let expected = format!(
        "1: poisoned base image\n2: tampered tool\n3: malicious hook\nan agent of {agent} bytes is taken along\n"
    );
    assert_eq!(said, expected);
}

#[test]
fn the_program_carries_the_pins_that_it_was_built_from() {
    let program = std::fs::read(PROGRAM).unwrap();
    let section = b"proofmark-pins\0\x01";
    let at = program.windows(section.len()).position(|bytes| bytes == section).expect("no section");
    let text = String::from_utf8_lossy(&program[at + section.len() + 8..]).into_owned();
    let pins = text.split('\0').next().unwrap();
    assert_eq!(pins.matches("[[pin]]").count(), 2, "{pins}");
    assert!(pins.contains("tool = \"agent\"") && pins.contains("tool = \"words\""));
}
