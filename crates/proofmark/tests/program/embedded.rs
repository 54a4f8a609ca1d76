//! `pin verify --embedded`: what a program carries of the lock that it was built from.

use object::write::{Object, StandardSegment};
use object::{Architecture, BinaryFormat, Endianness, SectionKind};
use proofmark_core::Digest;
use proofmark_lock::Lock;

use crate::support::{NOW, Run, Sandbox};

const FORMATS: [(BinaryFormat, &str); 3] =
    [(BinaryFormat::Elf, ".pmpins"), (BinaryFormat::MachO, "__pmpins"), (BinaryFormat::Coff, ".pmpins")];

/// A program with a section.
fn program((format, name): (BinaryFormat, &str), bytes: &[u8]) -> Vec<u8> {
    let mut object = Object::new(format, Architecture::X86_64, Endianness::Little);
    let segment = object.segment_name(StandardSegment::Data).to_vec();
    let section = object.add_section(segment, name.as_bytes().to_vec(), SectionKind::ReadOnlyData);
    object.append_section_data(section, bytes, 16);
    object.write().unwrap()
}

/// One pin, of these bytes.
fn lock(bytes: &[u8]) -> String {
    let hex = Digest::sha256(bytes).hex().to_owned();
    format!(
        "version = 1\n\n[[pin]]\ntool = \"agent\"\nversion = \"1.0.0\"\nplatform = \"linux/amd64\"\nurl = \"https://tools.test/agent\"\n\
         sha256 = \"{hex}\"\narchive = \"none\"\nexecutable-sha256 = \"{hex}\"\nexecutable-size = {}\nmode = \"0755\"\n\
         unsigned = \"nobody signs it\"\nadded = 2026-11-20\nby = \"alice\"\n",
        bytes.len()
    )
}

fn section(text: &str) -> Vec<u8> {
    Lock::parse(text.as_bytes(), "proofmark.lock").unwrap().to_section()
}

/// A policy that lets the agent be pinned, in this version.
fn sandbox(version: &str) -> Sandbox {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write(
        "allowlists/binaries.toml",
        format!(
            "[[binary]]\ntool = \"agent\"\nversions = [\"{version}\"]\nplatforms = [\"linux/amd64\"]\nunsigned = \"nobody signs it\"\nwhy = \"w\"\nby = \"b\"\n"
        ),
    );
    sandbox.write("proofmark.lock", lock(b"the agent"));
    sandbox
}

fn verify(sandbox: &Sandbox, file: &str) -> Run {
    sandbox.program(["pin", "verify", "--now", NOW, "--embedded", file]).run()
}

#[test]
fn a_program_of_each_system_tells_what_it_carries() {
    let sandbox = sandbox("1.0.0");
    for format in FORMATS {
        sandbox.write("app", program(format, &section(&lock(b"the agent"))));
        verify(&sandbox, "app").exits(0).says("agent 1.0.0 linux/amd64").says("may be pinned");
        sandbox.write("app", program(format, &section(&lock(b"another agent"))));
        verify(&sandbox, "app")
            .exits(1)
            .says("the program carries another agent 1.0.0 linux/amd64 than proofmark.lock pins")
            .says(Digest::sha256(b"another agent").hex());
    }
    sandbox.write("app", program(FORMATS[0], &section(&lock(b"the agent").replace("1.0.0", "0.9.0"))));
    verify(&sandbox, "app").exits(1).says("which proofmark.lock does not pin");
}

#[test]
fn what_the_policy_no_longer_lets_be_is_refused() {
    let sandbox = sandbox("2.0.0");
    sandbox.write("app", program(FORMATS[0], &section(&lock(b"the agent"))));
    verify(&sandbox, "app").exits(1).says("older than every version");
}

#[test]
fn what_carries_nothing_or_is_no_program() {
    let sandbox = sandbox("1.0.0");
    sandbox.write("app", program((BinaryFormat::Elf, ".other"), b"x"));
    verify(&sandbox, "app").fails_with(3, "nothing-embedded").says("app carries no pins");
    sandbox.write("app", program(FORMATS[0], b"poisoned"));
    verify(&sandbox, "app").fails_with(3, "embedded-damaged").says("damaged at byte 0");
    let mut cut = program(FORMATS[0], &section(&lock(b"the agent")));
    cut.truncate(100);
    sandbox.write("app", &cut);
    verify(&sandbox, "app").exits(3);
    let both = [section(&lock(b"the agent")), section(&lock(b"another agent"))].concat();
    sandbox.write("app", program(FORMATS[0], &both));
    verify(&sandbox, "app").fails_with(3, "embedded-damaged").says("build all its parts from one lock");
    sandbox.write("app", "#!/bin/sh\n");
    verify(&sandbox, "app").fails_with(3, "no-program");
    verify(&sandbox, "absent").fails_with(3, "file-unreadable");
    verify(&sandbox, "allowlists").fails_with(3, "file-unreadable");
}
