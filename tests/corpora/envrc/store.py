"""direnv's own folders in a sample: its store of approvals, its settings, its cache of fetched files."""
import collections, hashlib, re, tomllib

# Where a sample lies as far as its digest goes. Approvals and direnv.toml name absolute paths.
ROOT = "/sample"
STORE = "home/.local/share/direnv/allow"
APPROVAL = {"part", "path", "of", "text", "says"}


def approvals(about, found, root):
    """direnv's approvals: a file named by the hash of an absolute path and a text, which holds that path. It is only asked whether it is there."""
    for approval in about.get("approvals", []):
        if not isinstance(approval, dict) or not {"part", "path"} <= approval.keys() <= APPROVAL or ("of" in approval) == ("text" in approval):
            raise ValueError(f"approvals: not understood: {approval}")
        if approval.get("of", "") not in {"", *found} or approval["part"] not in ("files", "before"):
            raise ValueError(f"approvals: no such file: {approval}")
        path = f"{root}/{approval['part']}/{approval['path']}"
        name = hashlib.sha256(f"{path}\n".encode() + approved(approval, found)).hexdigest()
        yield f"{approval['part']}/{STORE}/{name}", approval.get("says", f"{path}\n").encode()


def approved(approval, found):
    return found[approval["of"]] if "of" in approval else approval["text"].encode()


def state(about, found, part):
    """Which of D1-D9 direnv's folders show: in home/ of one part, with the rest of the part as what they speak of."""
    shown, texts = set(), collections.defaultdict(set)
    for approval in about.get("approvals", []):
        if approval["part"] == part:
            texts[approval["path"]].add(approved(approval, found))
    for path, known in texts.items():
        current = found.get(f"{part}/{path}")
        if current is None:
            shown.add("D2")
        elif known != {current}:
            shown.add("D3" if current in known else "D1")
        if "roots" in about and not any(path.startswith(f"{root}/") for root in about["roots"]):
            shown.add("D4")
    for path, data in found.items():
        if re.fullmatch(rf"{part}/home/\.config/direnv/(direnv|config)\.toml", path):
            settings = tomllib.loads(data.decode())
            prefixes = settings.get("whitelist", {}).get("prefix", [])
            broad = {"/", "~/", f"{ROOT}/{part}/", f"{ROOT}/{part}/home/"}
            shown |= {"D5"} if any(not prefix.endswith("/") or prefix in broad for prefix in prefixes) else set()
            shown |= {"D6"} if settings.get("global", {}).get("load_dotenv") else set()
            shown |= {"D7"} if settings.get("global", {}).get("bash_path") else set()
        cached = re.fullmatch(rf"{part}/home/\.cache/direnv/cas/([0-9a-f]{{64}})", path)
        if cached and hashlib.sha256(data).hexdigest() != cached[1]:
            shown.add("D8")
        own = re.fullmatch(rf"{part}/(home/(\.direnvrc|\.config/direnv/(direnvrc|lib/[^/]+\.sh)))", path)
        if own and found.get(f"before/{own[1]}") != data:
            shown.add("D9")
    return shown
