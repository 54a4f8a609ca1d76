#!/usr/bin/env python3
"""Chooses the files of docs/recall/query.md out of snapshots, and writes their index.

choose.py MIRRORS OUT INDEX: MIRRORS has a bare git directory `<owner>+<name>/repo` for each repository; the files go
to OUT/<kind>/, which must lie outside the tree.
"""
import hashlib, pathlib, re, subprocess, sys

COLLECTIONS = """
moby/buildkit docker/buildx docker-library/python docker-library/postgres nodejs/docker-node jessfraz/dockerfiles
dotnet/dotnet-docker grafana/grafana
docker/awesome-compose compose-spec/compose-go containers/podman-compose docker/compose getsentry/self-hosted mastodon/mastodon
kubernetes/examples GoogleCloudPlatform/microservices-demo argoproj/argo-cd argoproj/argo-rollouts argoproj/argo-workflows
tektoncd/pipeline knative/serving cert-manager/cert-manager
kubernetes-sigs/kustomize argoproj/argocd-example-apps kubeflow/manifests fluxcd/flux2
devcontainers/templates devcontainers/images devcontainers/features devcontainers/cli microsoft/vscode-dev-containers
actions/starter-workflows actions/runner rust-lang/rust-analyzer prometheus/prometheus pypa/cibuildwheel
open-telemetry/opentelemetry-collector-contrib actions/toolkit docker/build-push-action
""".split()
# Rows 1 to 16 of the two answers of the index.
ORDINARY = """
aayush-rathod21/springboot-ecommerce aayush010/FSS aayush01v/bonk-race aayush1893/mbot aayush4515/a-star-visualizer
aayush61203/Youtube-Downloader-Python aayush8991/CS331_Assign2 aayush8991/Database-Track-2
aayushbhardwaj2506/CAMPUS-CONNECT aayushbhardwajj/Shehnaiyaan_app aayushdhiman01/etcd aayushdubey-codes/JavaScript-Database
aayushhbhattarai/Assembly-based-IBAN-Account_Validator aayushhn123/WhatsApp-Chat-Analyzer- aayushhn123/t2
aayushi-patel13/demog-leakage
0019-KDU/cloud-native-ci-cd-blueprint 0019-KDU/miniiam-ping-gke-multicluster 00AstroGit00/DeepaBMS 0Smallcat0/ai_trading
0leh-kondratov/stream-forge 0ponn/enjoyyy 0x0pointer/lab-benchmark 0x46656C6978/homelab 0xtaha/ai-saas-dashboard
0xthomasit/claude-event-sourcing 0y0h0f0/rag-platform 1056604657/publicis 1071969980/IDIOT
13SOAT-andromeda/tech-challenge-orders 13SOAT-andromeda/tech-challenge-s1 1634594707/DispatchSim
""".split()
# Workflows alone.
ADDITION = """
rails/rails laravel/framework doctrine/dbal diesel-rs/diesel launchbadge/sqlx systemd/systemd curl/curl git/git
libgit2/libgit2 redis/redis valkey-io/valkey cakephp/cakephp typeorm/typeorm psycopg/psycopg nextcloud/server
""".split()
KINDS = ["dockerfile", "compose", "kustomize", "devcontainer", "workflow", "kubernetes"]
A_KIND, A_REPOSITORY, FEW, MORE = 75, 12, 40, 30


def line(text, start):
    return any(l.startswith(start) for l in text.split(b"\n"))


def reader(run, blob):
    cache = []

    def read():
        if not cache:
            try:
                cache.append(run("cat-file", "blob", blob))
            except subprocess.CalledProcessError:
                cache.append(b"")
        return cache[0]

    return read


def git_of(git):
    return lambda *a: subprocess.run(["git", f"--git-dir={git}", *a], capture_output=True, check=True).stdout


def kind(repo, path, read):
    base = path.rsplit("/", 1)[-1]
    yaml = base.endswith((".yml", ".yaml"))
    docker = re.fullmatch(r"Dockerfile|Dockerfile\..*|.*\.Dockerfile|.*\.dockerfile|Containerfile|Containerfile\..*", base)
    if docker and not base.endswith((".dockerignore", ".template", ".tmpl", ".in", ".j2")):
        return "dockerfile"
    if yaml and base.startswith(("compose", "docker-compose")) and line(read(), b"services:"):
        return "compose"
    if base in ("kustomization.yaml", "kustomization.yml", "Kustomization") and line(read(), b"images:"):
        return "kustomize"
    if base in ("devcontainer.json", ".devcontainer.json"):
        return "devcontainer"
    workflow = re.search(r"(^|/)\.github/workflows/[^/]+\.ya?ml$", path) or (repo == "actions/starter-workflows" and base.endswith(".yml"))
    if workflow and any(word in read() for word in (b"container:", b"services:", b"docker://")):
        return "workflow"
    if base in ("action.yml", "action.yaml") and b"docker" in read():
        return "workflow"
    if yaml and line(read(), b"apiVersion:") and line(read(), b"kind:") and re.search(rb"\bimage\b", read()):
        return "kubernetes"
    return None


def main(mirrors, out, index):
    candidates = {k: [] for k in KINDS}
    missing = []
    for repo in COLLECTIONS + ORDINARY + ADDITION:
        git = pathlib.Path(mirrors) / repo.replace("/", "+") / "repo"
        if not git.is_dir():
            missing.append(repo)
            continue
        run = git_of(git)
        commit = run("rev-parse", "HEAD").decode().strip()
        for entry in run("ls-tree", "-r", "-l", "-z", "HEAD").split(b"\0"):
            if not entry:
                continue
            meta, name = entry.split(b"\t", 1)
            mode, _, blob, size = meta.split()
            path = name.decode("utf-8", "replace")
            base = path.rsplit("/", 1)[-1].lower()
            if mode not in (b"100644", b"100755") or not size.isdigit() or int(size) > 1 << 20:
                continue
            if not (base.endswith((".yml", ".yaml", "devcontainer.json")) or "dockerfile" in base or "containerfile" in base or base == "kustomization"):
                continue
            read = reader(run, blob.decode())
            found = kind(repo, path, read)
            if found and (repo not in ADDITION or found == "workflow"):
                order = hashlib.sha256(f"{repo}:{path}".encode()).hexdigest()
                candidates[found].append((order, repo, commit, path, read))
    rows = []
    for k in KINDS:
        for each in (A_REPOSITORY, MORE):
            taken, count, seen = [], {}, set()
            for _, repo, commit, path, read in sorted(candidates[k], key=lambda c: c[0]):
                digest = hashlib.sha256(read()).hexdigest()
                if count.get(repo, 0) >= each or digest in seen or not read():
                    continue
                seen.add(digest)
                count[repo] = count.get(repo, 0) + 1
                taken.append((k, repo, commit, path, digest, read()))
                if len(taken) == A_KIND:
                    break
            if len(taken) >= FEW:
                break
        print(f"{k}: {len(taken)} of {len(candidates[k])}, {len(count)} repositories")
        rows += taken
    folder = pathlib.Path(out)
    with open(index, "w") as listing:
        listing.write("kind\trepository\tcommit\tpath\tsha256\n")
        for number, (k, repo, commit, path, digest, data) in enumerate(rows):
            listing.write(f"{k}\t{repo}\t{commit}\t{path}\t{digest}\n")
            # A name of our own, so that no path of a stranger is made; the base name stays for detection.
            target = folder / k / f"{digest[:16]}+{path.rsplit('/', 1)[-1]}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    print("not to be had:", " ".join(missing))


if __name__ == "__main__":
    main(*sys.argv[1:])
