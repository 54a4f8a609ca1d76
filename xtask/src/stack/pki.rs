//! Keys and certificates of the private Sigstore, made with openssl.
//!
//! What is committed from a run is verified for years after the keys are gone, so authorities are
//! valid for twenty.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::peers::{Peers, run_command};

/// Fulcio wants its key encrypted; the key lives as long as the scratch directory.
pub(super) const CA_PASSWORD: &str = "loopback";
const DAYS: &str = "7300";

/// Makes all key material in `dir`.
pub(super) fn create(dir: &Path, peers: &Peers) -> Result<()> {
    certificate_authority(dir).context("certificate authority")?;
    timestamp_authority(dir).context("timestamp authority")?;
    log_key(dir, "ct", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]).context("CT log")?;
    log_key(dir, "rekor", &["-algorithm", "ED25519"]).context("transparency log")?;
    oidc(dir, peers).context("issuers")
}

fn openssl(dir: &Path, arguments: &[&str]) -> Result<()> {
    run_command(Command::new("openssl").current_dir(dir).args(arguments)).map(drop)
}

fn certificate_authority(dir: &Path) -> Result<()> {
    openssl(dir, &["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "ca-plain.key"])?;
    let mut arguments = vec!["req", "-x509", "-new", "-sha384", "-key", "ca-plain.key", "-out", "ca.pem"];
    arguments.extend(["-days", DAYS, "-subj", "/O=acme.example/CN=acme signing authority"]);
    arguments.extend(["-addext", "basicConstraints=critical,CA:TRUE,pathlen:1"]);
    arguments.extend(["-addext", "keyUsage=critical,keyCertSign,cRLSign"]);
    openssl(dir, &arguments)?;
    let password = format!("pass:{CA_PASSWORD}");
    openssl(dir, &["ec", "-aes256", "-in", "ca-plain.key", "-out", "ca.key", "-passout", &password])
}

fn timestamp_authority(dir: &Path) -> Result<()> {
    let generate = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"];
    for key in ["tsa-root.key", "tsa.key"] {
        openssl(dir, &[&generate[..], &[key]].concat())?;
    }
    let mut arguments =
        vec!["req", "-x509", "-new", "-sha256", "-key", "tsa-root.key", "-out", "tsa-root.pem"];
    arguments.extend(["-days", DAYS, "-subj", "/O=acme.example/CN=acme timestamp root"]);
    arguments.extend(["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"]);
    arguments.extend(["-addext", "keyUsage=critical,keyCertSign,cRLSign"]);
    openssl(dir, &arguments)?;
    let subject = "/O=acme.example/CN=acme timestamp authority";
    openssl(dir, &["req", "-new", "-key", "tsa.key", "-subj", subject, "-out", "tsa.csr"])?;
    let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\n\
                      authorityKeyIdentifier=keyid\n";
    fs::write(dir.join("tsa.ext"), extensions)?;
    let mut arguments = vec!["x509", "-req", "-sha256", "-in", "tsa.csr", "-CA", "tsa-root.pem"];
    arguments.extend(["-CAkey", "tsa-root.key", "-CAcreateserial", "-days", DAYS]);
    arguments.extend(["-extfile", "tsa.ext", "-out", "tsa.pem"]);
    openssl(dir, &arguments)?;
    let chain = [fs::read(dir.join("tsa.pem"))?, fs::read(dir.join("tsa-root.pem"))?].concat();
    fs::write(dir.join("tsa-chain.pem"), chain).map_err(Into::into)
}

/// `NAME.key` (PKCS#8) and `NAME.pub`.
fn log_key(dir: &Path, name: &str, algorithm: &[&str]) -> Result<()> {
    let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
    openssl(dir, &[&["genpkey"], algorithm, &["-out", &key]].concat())?;
    openssl(dir, &["pkey", "-in", &key, "-pubout", "-out", &public])
}

/// The issuers make their own; their authority gets a name that tells it from the signing one.
fn oidc(dir: &Path, peers: &Peers) -> Result<()> {
    run_command(Command::new(peers.path("oidc")).args(["init", "--dir"]).arg(dir)).map(drop)
}
