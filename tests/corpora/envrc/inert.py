"""What a sample may not say: a host that somebody has, and a line that does harm when it is run by mistake."""
import re

# Hosts. Names that RFC 2606 and addresses that RFC 5737 keep for documentation, and this machine.
INERT = re.compile(r"((^|.\.)(example|invalid)|^example\.com|^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+|^127\.0\.0\.1|^localhost)(-1)?$")
URL = re.compile(r"\b([a-z][a-z0-9+]*)://(?:[^/\s\"'@]*@)?([^/\s\"':?;)},&<>\\]*)|/dev/(tcp|udp)/([^/\s\"]+)/")
DOTTED = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+)+")
# A dotted word that is no host: a version, a file by its ending, and what programs call their own.
VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
FILE = re.compile(r"""\.(age|asc|bak|bin|cfg|cjs|cnf|conf|crt|csv|d|db|debug|dylib|el|env|envrc|ex|exs|ez|gpg|gradle|gz|hcl|hex|html|ini|jar|js|json|key
|lock|log|lua|mjs|mod|nix|orig|patch|pem|plist|png|pth|rb|rules|service|sock|sql|sqlite|sum|tfvars|tgz|tmp|tmpl|toml|tpl|ts|txt|user|vim|whl|xml|xz|yaml|yml)$""", re.X)
# These endings are also top-level domains, so that the word has to be a path.
FILE_OR_HOST = re.compile(r"[^/]/[\w-]+\.(cc|dev|git|md|mk|pl|properties|pub|py|rs|sh|so|tf|work|zip)$")
OWN_WORDS = set("""
--IdentityProvider.token --ServerApp.allow_origin --ServerApp.password -Dmaven.ext.class.path -Dorg.gradle.daemon 0.0.0.0
21.0.4-tem Acme.Hooks Buffer.from C.UTF-8 CredentialProvider.exe JSON.parse JSON.stringify Process.detach URI.open
XCODE_VERSION.app _.source acme.cachekey acme.feature acme.fleet acme.hooks acme.licence acme.metering.tool adder.add_parser
agent.id alias.sync android.useAndroidX ansible.builtin.cron ansible.builtin.shell ansible.plugins.callback antigravity.x
archive.install azure.cli.core badge.svg base64.b64decode base64.b64encode buildscript.repositories builtins.currentSystem
builtins.fetchurl builtins.readFile c.IdentityProvider.token c.ServerApp.allow_origin c.ServerApp.allow_remote_access
c.ServerApp.ip c.ServerApp.open_browser c.ServerApp.password c.ServerApp.port cabal.project client.authentication.k8s.io
core.fsmonitor core.hooksPath core.pager core.sshCommand credential.helper crypto.subtle debug.keystore
devShells.x86_64-linux.default diff.fmt.command elpmaxe.emca elpmaxe.slootved.b en_US.UTF-8 figure.dpi filter.fmt.smudge
filter.lfs.smudge fs.readFileSync glob.glob gradle-8.8-bin.zip gradle.properties https.request inputs.nixpkgs.url io.popen
json.dumps kotlin.code.style matplotlib.rcParams module.exports net8.0 nixpkgs.legacyPackages.x86_64-linux
nixpkgs.legacyPackages.x86_64-linux.mkShell org.gradle.caching org.gradle.jvmargs os.dup2 os.environ os.environ.get
os.execute os.homedir os.path.expanduser os.popen os.system pickle.loads pkgs.cargo-nextest pkgs.curl pkgs.mkShell
pkgs.protobuf process.argv.join protocol.ext.allow pty.spawn python3.12 r.end r.on r.text repositories.packagist
result._result s.fileno security.exec security.workspace.trust.enabled shop.settings shop.settings.dev
socket.create_connection source.crates-io source.mirror subprocess.DEVNULL subprocess.Popen sys.flags.isolated
systemProp.https.proxyHost systemProp.https.proxyPort systemProp.trust_all_cert task.allowAutomaticTasks toolchain.cmake
tty.usbmodem u.Request u.urlopen url.https urllib.request urllib.request.urlopen user.email v0.134 v0.4.0 v3.7.0 vim.opt.exrc
vim.opt.number warm.pkl west.commands zephyr-sdk-0.16.8
-Dhttps.proxyHost -Dhttps.proxyPort -Djavax.net.ssl.trustStore -Djavax.net.ssl.trustStorePassword Mix.Project Node.connect
System.cmd Tickets.MixProject sync.desktop deps.get forecast.sweep globalThis.process overrides.settings postbox.settings.local python3.11 rootProject.name user.name
""".split())
# Where a name is not resolved, a name server or a proxy may still answer; only TLS keeps what is sent from it.
BY_NAME = {"https", "op", "docker", "s3", "file", "sparse+https", "git+https"}
# What stays, destroys or gains rights, and what leaves the machine though nobody answers: such a line has to work with
# something named acme, which is on no machine.
HARM = [(re.compile(pattern), what) for pattern, what in [
    (r"(?<!-)\b(rm|rmdir|unlink|shred|truncate|mkfs\S*)\s|\s-delete\b|\bdd\b.*\bof=", "deletes or overwrites"),
    (r"\b(kill|pkill|killall|shutdown|reboot)\s", "ends programs"),
    (r"\b(sudo|doas|pkexec|su)\s+(-\S+\s+)*[./\w]|\bchmod\s+\S*\+s|\bsetcap\b", "gains rights"),
    (r"\b(crontab|systemctl|launchctl)\s|\bat\s+(-f|now)\b", "leaves a job"),
    (r">>?\s*\"?(~|\$HOME|\$\{HOME|/etc|/usr|/var|/srv)|\btee\b.*\s\"?(~|\$HOME|/etc|/var)", "writes outside the folder"),
    (r"\b(cp|mv|install|ln)\s.*\s\"?(~|\$HOME|\$units|\$cas|/etc|/usr|/var|/srv)", "writes outside the folder"),
    (r"\bsed\s+-i|>>?\s*\.(git|vscode|github)/|\bcp\s.*\s\.envrc\b", "edits a file"),
    (r"\bgit\s+config\s+(--global\s+)?\w+\.\w+\s+[^\s)]|\bgit\s+remote\s+add|\bnpm\s+config\s+set", "changes a configuration"),
    (r"\bdirenv\s+(allow|permit|grant|deny|prune)\b", "changes approvals"),
    (r"/dev/udp/|(?<![/\w-])(logger\s+-n|dig\s|host\s|nslookup\s|ping\s|getent\s+hosts)", "sends without an answer"),
]]
ACME = re.compile(r"acme", re.I)


def hosts_of(text):
    """What is, or looks like, a host that is not kept for documentation."""
    for match in URL.finditer(text):
        scheme, host, device, address = match.groups()
        host = host or address or ""
        if scheme and (not host or scheme in ("op", "s3", "file")) or host.startswith("$"):
            continue
        if not INERT.search(host):
            yield f"{host} is no inert host"
        elif not host[0].isdigit() and host != "localhost" and (device or scheme not in BY_NAME):
            yield f"{host} is asked by name without TLS"
    for match in DOTTED.finditer(text):
        word, lead = match[0], text[max(0, match.start() - 2):match.end()]
        if not (INERT.search(word) or VERSION.fullmatch(word) or FILE.search(word) or FILE_OR_HOST.search(lead) or word in OWN_WORDS):
            yield f"{word} looks like a host"
    for match in re.finditer(r"\[[0-9a-f:]*::?[0-9a-f:]*\]", text):
        if not match[0].startswith("[2001:db8:"):
            yield f"{match[0]} looks like an address"


def harm_of(text):
    for line in text.splitlines():
        without_hosts = DOTTED.sub(lambda m: "" if INERT.search(m[0]) else m[0], line)
        for pattern, what in HARM:
            if pattern.search(line) and not ACME.search(without_hosts):
                yield f"{what}: {line.strip()[:80]}"
