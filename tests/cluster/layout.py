"""Where the cluster's things stand: folder, ports, plugin sets and replicas, and the programs that must be there.

The chart's presets say which plugins a set loads and which paths of the product are its own; the environment moves the rest:
EVH_CLUSTER_DIR (./cluster), EVH_HTTP_PORT (8080, the front), EVH_CLUSTER_PORTS (18400, the first of a hundred for the pieces
behind it), EVH_CLUSTER_REPLICAS ("chat=2,sync=2"), EVH_CLUSTER_DATABASES ("each" set one, or "one" for all).
"""
import os
import pathlib
import pwd
import shutil
import hashlib
import subprocess

import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
PRESETS = TREE / "helm/event-host/presets"
SETS = ("identity", "web", "chat", "notification", "recurring", "audit", "sync")  # ports follow this order
REPLICAS_MAX = 10
FRONT_PORT, FIRST_PORT, PORTS = 8080, 18400, 100


class Refused(Exception):
    """What cannot be done, why, and the remedy; printed as one sentence."""


def port_of(name, default, room=1):
    text = os.environ.get(name, "") or str(default)
    if not text.isdigit() or not 1024 <= int(text) <= 65536 - room:
        raise Refused(f"{name}='{text}' is no port from 1024 to {65536 - room}")
    return int(text)


def replicas_of(text):
    count = {name: 1 for name in SETS} | {"chat": 2, "sync": 2}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        if name not in SETS or not number.isdigit() or not 1 <= int(number) <= REPLICAS_MAX:
            raise Refused(f"EVH_CLUSTER_REPLICAS: '{part}' is none of {', '.join(SETS)} with 1 to {REPLICAS_MAX} replicas; write for example chat=3,sync=2")
        count[name] = int(number)
    return count


class Layout:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(os.environ.get("EVH_CLUSTER_DIR") or TREE / "cluster").absolute()
        self.front = port_of("EVH_HTTP_PORT", FRONT_PORT)
        first = port_of("EVH_CLUSTER_PORTS", FIRST_PORT, PORTS)
        self.postgres, self.kafka, self.controller, self.front_status = range(first, first + 4)
        self.replicas = replicas_of(os.environ.get("EVH_CLUSTER_REPLICAS", ""))
        databases = os.environ.get("EVH_CLUSTER_DATABASES") or "each"
        if databases not in ("each", "one"):
            raise Refused(f"EVH_CLUSTER_DATABASES='{databases}' is neither each nor one")
        self.one_database = databases == "one"
        self.presets = {name: yaml.safe_load((PRESETS / f"{name}.yaml").read_text()) for name in SETS}
        self.first_host = first + 10

    @property
    def url(self):
        return f"http://127.0.0.1:{self.front}"

    def hosts(self):
        """(name, set, port) of every host process."""
        for at, name in enumerate(SETS):
            for replica in range(self.replicas[name]):
                yield f"{name}-{replica + 1}", name, self.first_host + REPLICAS_MAX * at + replica


def server_user():
    """initdb and postgres refuse root; then they run as Debian's user of the package."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Refused("this runs as root, PostgreSQL refuses to, and there is no user postgres: apt-get install postgresql") from None


def as_server():
    user = server_user()
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def postgres_folder(layout):
    """Below the cluster's folder; elsewhere only when the server's user cannot get there (a tree below /root)."""
    below = layout.folder / "postgres"
    if not server_user() or subprocess.run(["test", "-x", layout.folder], cwd="/", **as_server()).returncode == 0:
        return below
    return pathlib.Path("/var/lib/postgresql") / ("evhost-" + hashlib.sha256(str(layout.folder).encode()).hexdigest()[:12])


def postgres_programs():
    versions = sorted((p for p in pathlib.Path("/usr/lib/postgresql").glob("*") if (p / "bin/initdb").exists()), key=lambda p: float(p.name))
    if not versions:
        raise Refused("there is no PostgreSQL server on this machine: apt-get install postgresql")
    return versions[-1] / "bin"


def haproxy():
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise Refused("there is no haproxy on this machine: apt-get install haproxy")
    return found


def java():
    found = shutil.which("java")
    if not found:
        raise Refused("there is no Java on this machine for the Kafka broker: apt-get install openjdk-17-jre-headless")
    return found


def kafka_jars(layout):
    """Brings the broker's jars once; beside the build, so that removing a cluster does not fetch them again."""
    jars = layout.build / "kafka"
    java()
    fetched = subprocess.run([TREE / "tests/support/kafka/fetch.sh", jars], capture_output=True, text=True)
    if fetched.returncode != 0:
        raise Refused(f"the Kafka broker cannot be had: {(fetched.stdout + fetched.stderr).strip().splitlines()[-1]}")
    return jars


def evhost(layout):
    binary = layout.build / "bin/evhost"
    if not binary.exists():
        raise Refused(f"there is no {binary}: ./dev cluster up builds it")
    return binary
