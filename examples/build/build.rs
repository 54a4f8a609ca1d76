//! Runs one pinned tool, takes another along, and embeds which they are.

use std::path::Path;
use std::process::{Command, Stdio};

use proofmark_build::Build;

fn main() {
    proofmark_build::run(|| {
        let built = Build::from_lock("proofmark.lock")
            .vendored("vendored")
            .tool("words")
            .artifact("agent@1.4.0")
            .embed_pins()
            .emit()?;
        let out = std::env::var("OUT_DIR")?;
        let numbered = Command::new(built.tool("words")?)
            .stdin(std::fs::File::open("words.txt")?)
            .stdout(Stdio::piped())
            .output()?;
        std::fs::write(Path::new(&out).join("words.txt"), numbered.stdout)?;
        println!("cargo::rerun-if-changed=words.txt");
        Ok(())
    });
}
