//! Variables by which programs decide whom they believe, and who one is.

use proofmark_core::Severity::{High, Low, Medium};

use super::variables::Decides::{Identity, Trust};
use super::variables::When::{Any, EvenEmpty, Inside, Is};
use super::variables::{OFF, ON, Variable, row};

#[rustfmt::skip]
pub(super) const BELIEVED: &[Variable] = &[
    // Whom programs believe.
    row("SIGSTORE_*", Trust, Any, "decides which signatures are believed"),
    row("COSIGN_REPOSITORY", Trust, Any, "is where signatures are looked for"),
    row("COSIGN_*MIRROR", Trust, Any, "is where trusted keys come from"),
    row("COSIGN_*ROOT*", Trust, Any, "decides which signatures are believed"),
    row("COSIGN_*INSECURE*", Trust, Any, "switches a check of signatures off"),
    row("TUF_*", Trust, Any, "is where trusted keys come from"),
    row("REKOR_*", Trust, Any, "decides which log is believed"),
    row("FULCIO_*", Trust, Any, "decides which authority is believed"),
    row("SSL_CERT_FILE", Trust, Inside(High), "replaces the authorities that every program believes"),
    row("SSL_CERT_DIR", Trust, Inside(High), "replaces the authorities that every program believes"),
    row("NIX_SSL_CERT_FILE", Trust, Inside(High), "replaces the authorities that Nix believes"),
    row("CURL_CA_BUNDLE", Trust, Inside(High), "replaces the authorities that curl believes"),
    row("GIT_SSL_CAINFO", Trust, Inside(High), "replaces the authorities that git believes"),
    row("GIT_SSL_CAPATH", Trust, Inside(High), "replaces the authorities that git believes"),
    row("REQUESTS_CA_BUNDLE", Trust, Inside(Medium), "replaces the authorities that Python believes"),
    row("AWS_CA_BUNDLE", Trust, Inside(Medium), "replaces the authorities that the AWS tools believe"),
    row("NODE_EXTRA_CA_CERTS", Trust, Inside(Medium), "adds an authority that every Node believes"),
    row("DENO_CERT", Trust, Inside(Medium), "adds an authority that Deno believes"),
    row("NPM_CONFIG_CAFILE", Trust, Inside(Medium), "replaces the authorities that npm believes"),
    row("PIP_CERT", Trust, Inside(Medium), "replaces the authorities that pip believes"),
    row("CARGO_HTTP_CAINFO", Trust, Inside(Medium), "replaces the authorities that cargo believes"),
    row("NODE_TLS_REJECT_UNAUTHORIZED", Trust, Is(OFF, Medium), "switches the check of certificates off"),
    row("GIT_SSL_NO_VERIFY", Trust, Is(ON, High), "switches git's check of certificates off"),
    row("PYTHONHTTPSVERIFY", Trust, Is(OFF, High), "switches the check of certificates off"),
    row("NPM_CONFIG_STRICT_SSL", Trust, Is(OFF, High), "switches npm's check of certificates off"),
    row("VAULT_SKIP_VERIFY", Trust, Is(ON, Medium), "switches the check of certificates off"),
    row("DOCKER_CONTENT_TRUST", Trust, Is(OFF, Medium), "switches the check of images off"),
    row("DOCKER_CONFIG", Trust, Inside(Medium), "names helpers and registries that docker believes"),
    row("GNUPGHOME", Trust, Inside(Medium), "decides which keys are believed"),
    row("SSH_AUTH_SOCK", Trust, Inside(High), "is the agent that is asked for keys"),
    row("GPG_AGENT_INFO", Trust, Any, "is the agent that is asked for keys"),
    row("AWS_SHARED_CREDENTIALS_FILE", Trust, Inside(Low), "holds credentials"),
    row("KUBERNETES_SERVICE_HOST", Trust, Any, "is the cluster that is believed"),
    // Who one is.
    row("OP_CONNECT_HOST", Identity, Any, "decides to whom op sends what it is asked for"),
    row("OP_CONNECT_TOKEN", Identity, Any, "makes op ask a server in the place of your account"),
    row("OP_SESSION*", Identity, Any, "makes op work for somebody else's account"),
    row("OP_CONFIG_DIR", Identity, Any, "decides for which accounts op works"),
    row("OP_SERVICE_ACCOUNT_TOKEN", Identity, Any, "makes op work for this account in the place of yours"),
    row("HOME", Identity, EvenEmpty, "is where every program finds its configuration and keys"),
    row("XDG_CONFIG_HOME", Identity, Any, "is where direnv and others find their configuration"),
    row("XDG_DATA_HOME", Identity, Any, "is where direnv keeps its approvals"),
    row("XDG_CACHE_HOME", Identity, Any, "is where direnv keeps the code that it has downloaded"),
    row("XDG_STATE_HOME", Identity, Inside(Low), "is where programs keep what they remember"),
    row("XDG_RUNTIME_DIR", Identity, Inside(High), "holds the sockets of agents"),
    row("XDG_CONFIG_DIRS", Identity, Inside(Medium), "is where programs find their configuration"),
    row("USER", Identity, EvenEmpty, "says who you are"),
    row("LOGNAME", Identity, EvenEmpty, "says who you are"),
];
