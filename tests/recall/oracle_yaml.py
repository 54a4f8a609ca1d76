#!/usr/bin/env python3
"""The oracle for YAML kinds and dev containers: PyYAML and json to plain data, then a walk by the schemas.

oracle_yaml.py KIND FILE...: one JSON object a line, as the oracle for Dockerfiles gives it. It shares nothing with the
scanner: neither parser nor code, and it walks by kind of object where the scanner goes by structure.
"""
import json, re, sys
import yaml


class Plain(yaml.SafeLoader):
    """Scalars stay texts, but null and merge keys are understood; unknown tags are passed over."""


Plain.yaml_implicit_resolvers = {}
Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Plain.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


def unknown(loader, suffix, node):
    if suffix.endswith("reset"):
        return None
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


Plain.add_multi_constructor("!", unknown)


class Out:
    def __init__(self):
        self.images, self.unresolved, self.error = [], [], None

    def add(self, text):
        if not isinstance(text, str) or not text.strip():
            return
        text = text.strip()
        unknown = "${{" in text or "{{" in text or re.search(r"\$[({A-Za-z_]", text)
        (self.unresolved if unknown else self.images).append(text)


def mappings(value):
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def mapping(value):
    return value if isinstance(value, dict) else {}


# compose ---------------------------------------------------------------------------------------------------------

def interpolate(text):
    """Every variable unset. None if a value is needed that is not there."""
    out, at = "", 0
    while at < len(text):
        if text[at] != "$":
            out += text[at]
            at += 1
        elif text[at:at + 2] == "$$":
            out += "$"
            at += 2
        elif text[at:at + 2] == "${":
            depth, end = 1, at + 2
            while end < len(text) and depth:
                depth += (text[end - 1:end + 1] == "${") - (text[end] == "}")
                end += 1
            m = re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])(.*))?", text[at + 2:end - 1], re.S)
            if depth or not m or m[2] is None or m[2].endswith("?"):
                return None
            if m[2].endswith("-"):
                word = interpolate(m[3])
                if word is None:
                    return None
                out += word
            at = end
        elif re.match(r"\$[A-Za-z_]", text[at:]):
            return None
        else:
            out += "$"
            at += 1
    return out


def compose(doc, out):
    doc = mapping(doc)
    services = doc.get("services") if "services" in doc or "version" in doc or "include" in doc else doc
    for service in mapping(services).values():
        service = mapping(service)

        def add(text):
            if isinstance(text, str) and text.strip():
                value = interpolate(text.strip())
                if value is None or "{{" in text:
                    out.unresolved.append(text.strip())
                elif value.strip():
                    out.images.append(value.strip())
        add(service.get("image"))
        for hook in mappings(service.get("pre_start")):
            add(hook.get("image"))
        for volume in mappings(service.get("volumes")):
            if volume.get("type") == "image":
                add(volume.get("source"))
        contexts = mapping(service.get("build")).get("additional_contexts")
        values = contexts.values() if isinstance(contexts, dict) else [c.partition("=")[2] for c in contexts or []]
        for context in values:
            if str(context).startswith("docker-image://"):
                add(context[len("docker-image://"):])


# Kubernetes ------------------------------------------------------------------------------------------------------

def pod(spec, out):
    spec = mapping(spec)
    for key in ("containers", "initContainers", "ephemeralContainers"):
        for container in mappings(spec.get(key)):
            out.add(container.get("image"))
    for volume in mappings(spec.get("volumes")):
        out.add(mapping(volume.get("image")).get("reference"))


def template(spec, out):
    pod(mapping(mapping(spec).get("template")).get("spec"), out)


def task(spec, out):
    spec = mapping(spec)
    for key in ("steps", "sidecars"):
        for step in mappings(spec.get(key)):
            out.add(step.get("image"))
    out.add(mapping(spec.get("stepTemplate")).get("image"))
    pod({"volumes": spec.get("volumes")}, out)


def pipeline(spec, out):
    spec = mapping(spec)
    for key in ("tasks", "finally"):
        for entry in mappings(spec.get(key)):
            task(entry.get("taskSpec"), out)


def argo(spec, out):
    spec = mapping(spec)
    templates = mappings(spec.get("templates")) + [mapping(spec.get("templateDefaults"))]
    for entry in templates:
        for key in ("container", "script"):
            out.add(mapping(entry.get(key)).get("image"))
        for key in ("sidecars", "initContainers"):
            for container in mappings(entry.get(key)):
                out.add(container.get("image"))
        manifest = mapping(entry.get("resource")).get("manifest")
        if isinstance(manifest, str) and "{{" not in manifest:
            for inner in yaml.load_all(manifest, Plain):
                kubernetes(inner, out)
        for container in mappings(mapping(entry.get("containerSet")).get("containers")):
            out.add(container.get("image"))
        for steps in entry.get("steps") or []:
            for step in mappings(steps):
                argo({"templates": [mapping(step.get("inline"))]}, out)
        for t in mappings(mapping(entry.get("dag")).get("tasks")):
            argo({"templates": [mapping(t.get("inline"))]}, out)


WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Rollout", "Experiment",
             "Configuration", "Service"}


def kubernetes(doc, out):
    doc = mapping(doc)
    kind, spec = doc.get("kind"), mapping(doc.get("spec"))
    if kind == "List" or str(kind).endswith("List") and isinstance(doc.get("items"), list):
        for item in mappings(doc.get("items")):
            kubernetes(item, out)
    elif kind in ("Pod", "Revision"):
        pod(spec, out)
    elif kind == "PodTemplate":
        template(doc, out)
    elif kind == "Experiment":
        for t in mappings(spec.get("templates")):
            template(t, out)
    elif kind in WORKLOADS:
        template(spec, out)
    elif kind in ("CronJob", "ScheduledJob"):
        template(mapping(mapping(spec.get("jobTemplate")).get("spec")), out)
    elif kind in ("Task", "ClusterTask"):
        task(spec, out)
    elif kind == "StepAction":
        out.add(spec.get("image"))
    elif kind == "Pipeline":
        pipeline(spec, out)
    elif kind == "TaskRun":
        task(spec.get("taskSpec"), out)
        pod({**mapping(spec.get("podTemplate"))}, out)
    elif kind == "PipelineRun":
        pipeline(spec.get("pipelineSpec"), out)
    elif kind in ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"):
        argo(spec, out)
    elif kind == "CronWorkflow":
        argo(spec.get("workflowSpec"), out)
    elif kind in ("AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"):
        for metric in mappings(spec.get("metrics")):
            template(mapping(mapping(metric.get("provider")).get("job")).get("spec"), out)
    elif kind != "CustomResourceDefinition":
        embedded(spec, out)


def embedded(value, out):
    """Custom resources: whatever has a list of containers."""
    if isinstance(value, list):
        for item in value:
            embedded(item, out)
    elif isinstance(value, dict):
        pod(value, out)
        for key, item in value.items():
            if key not in ("containers", "initContainers", "ephemeralContainers"):
                embedded(item, out)


# kustomize, workflows, dev containers ----------------------------------------------------------------------------

def kustomize(doc, out):
    doc = mapping(doc)
    for image in mappings(doc.get("images")):
        name = image.get("newName") or image.get("name") or ""
        tag, digest = image.get("newTag"), image.get("digest")
        if tag or digest:
            out.add(name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""))
        elif image.get("newName"):
            out.unresolved.append(name)
    for key in ("patches", "patchesJson6902", "patchesStrategicMerge"):
        for patch in doc.get(key) or []:
            text = patch.get("patch") if isinstance(patch, dict) else patch
            if not isinstance(text, str) or "\n" not in text:
                continue
            for inner in yaml.load_all(text, Plain):
                if isinstance(inner, list):
                    for op in mappings(inner):
                        if str(op.get("path")).endswith("/image"):
                            out.add(op.get("value"))
                else:
                    kubernetes(inner, out)


def from_matrix(job, text):
    """The values of an expression that only names one of the matrix; None if they cannot be told."""
    m = re.fullmatch(r"\$\{\{\s*matrix((?:\.[\w-]+)+)\s*\}\}", str(text).strip())
    matrix = mapping(job.get("strategy")).get("matrix")
    if not m or not isinstance(matrix, dict):
        return None
    first, *rest = m[1].strip(".").split(".")
    axis, include = matrix.get(first, []), matrix.get("include", [])
    if isinstance(axis, str) or isinstance(include, str):
        return None
    values = list(axis) + [row[first] for row in mappings(include) if first in row]
    for key in rest:
        values = [value[key] for value in values if isinstance(value, dict) and key in value]
    return values or None


def workflow(doc, out):
    doc = mapping(doc)

    def add(job, text):
        values = from_matrix(job, text)
        for value in [text] if values is None else values:
            out.add(value.get("image") if isinstance(value, dict) else value)

    def steps(job, value):
        for step in mappings(value):
            uses = str(step.get("uses") or "")
            if uses.startswith("docker://"):
                add(job, uses[len("docker://"):])

    for job in mapping(doc.get("jobs")).values():
        job = mapping(job)
        container = job.get("container")
        add(job, container.get("image") if isinstance(container, dict) else container)
        services = job.get("services")
        if isinstance(services, str):
            out.add(services)
        for service in mapping(services).values():
            add(job, service.get("image") if isinstance(service, dict) else service)
        steps(job, job.get("steps"))
    runs = mapping(doc.get("runs"))
    if str(runs.get("image") or "").startswith("docker://"):
        out.add(runs["image"][len("docker://"):])
    steps({}, runs.get("steps"))


def jsonc(text):
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    text = token.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)
    string = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.S)
    return json.loads(string.sub(lambda m: m[1] or "", text))


def devcontainer(doc, out):
    out.add(doc.get("image"))
    for feature in mapping(doc.get("features")):
        if feature.startswith(("http://", "https://")) or "/" not in feature:
            out.unresolved.append(feature)
        elif not feature.startswith(("./", "../")):
            out.add(feature)


def main(kind, *files):
    for file in files:
        out = Out()
        try:
            text = open(file, "rb").read().decode("utf-8-sig")
            docs = [jsonc(text)] if kind == "devcontainer" else list(yaml.load_all(text, Plain))
            for doc in docs:
                globals()[kind](doc, out)
        except Exception as error:
            out.error = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps({"file": file, "images": out.images, "unresolved": out.unresolved, **({"error": out.error} if out.error else {})}))


if __name__ == "__main__":
    main(*sys.argv[1:])
