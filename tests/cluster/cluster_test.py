#!/usr/bin/env python3
"""A cluster from nothing to gone: up, up again, verify, a dead broker, down, up on the old data, purge.

    cluster_test.py BUILD_DIR     exit 77 (a skip for ctest), with the reason, where PostgreSQL, Java, Maven, haproxy or the page's
                                  browser cannot be had; 1 instead with EVH_REQUIRE_ALL=1
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layout  # noqa: E402
from piece import get  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
SKIP = 1 if os.environ.get("EVH_REQUIRE_ALL") == "1" else 77


def free_ports():
    """A hundred in a row, below those the system gives to clients; and one for the front."""
    for _ in range(100):
        first = random.randrange(20000, 32000)
        taken = []
        for port in [first - 1, *range(first, first + 4), *range(first + 10, first + 80)]:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    taken.append(port)
        if not taken:
            return first
    raise SystemExit("no hundred free ports in a row")


def cluster(*words, within=600):
    done = subprocess.run([sys.executable, layout.TREE / "tests/cluster/cluster.py", "--build", BUILD, *words], text=True, capture_output=True, timeout=within)
    print(f"$ cluster {' '.join(words)}\n{done.stdout}{done.stderr}", flush=True)
    return done


def expect(good, what):
    if not good:
        raise SystemExit(f"FAILED: {what}")


def pids(folder):
    return {name: record["pid"] for name, record in json.loads((folder / "state.json").read_text()).items()}


def alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists() and pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def refusals():
    """What is missing or wrong is said before anything is started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(os.environ["EVH_HTTP_PORT"])))
        other.listen()
        refused = cluster("up")
        expect(refused.returncode == 1 and "is taken by another program" in refused.stderr and "EVH_HTTP_PORT" in refused.stderr, "a taken port is named")
    os.environ["EVH_CLUSTER_REPLICAS"] = "chat=0"
    expect("EVH_CLUSTER_REPLICAS" in cluster("up").stderr, "a bad replica count is refused")
    del os.environ["EVH_CLUSTER_REPLICAS"]


def roll(folder):
    """A new chat.so: one replica after the other, and nobody who asks meanwhile is sent away."""
    before, answers, over = pids(folder), {}, threading.Event()

    def ask():
        while not over.is_set():
            status, text = get(f"http://127.0.0.1:{os.environ['EVH_HTTP_PORT']}/api/v1/tasks")
            answers.setdefault(status, text)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    (BUILD / "plugins/chat.so").touch()
    for one in asking:
        one.start()
    done = cluster("up")
    over.set()
    for one in asking:
        one.join()
    after = pids(folder)
    expect(done.returncode == 0 and {n for n in after if after[n] != before[n]} == {"chat-1", "chat-2"}, "up starts what was built anew again, and only that")
    expect(set(answers) == {401}, f"while it did, requests were answered otherwise: {answers}")


def run(folder):
    refusals()
    expect(cluster("up").returncode == 0, "up from nothing")
    before = pids(folder)
    expect(len(before) == 12, f"twelve processes, not {len(before)}")
    expect(cluster("up").returncode == 0 and pids(folder) == before, "up on what is up changes nothing")
    verified = subprocess.run([layout.TREE / "tests/browser/run", BUILD, layout.TREE / "tests/e2e/verify/verify.mjs", BUILD / "bin/evhost", BUILD / "plugins",
                               "--cluster", folder], timeout=400)
    expect(verified.returncode in (0, 77), "verify")
    roll(folder)
    os.kill(pids(folder)["kafka"], signal.SIGKILL)
    down = cluster("status")
    expect(down.returncode == 1 and "died" in down.stdout, "status tells of a dead broker")
    expect(cluster("up").returncode == 0, "up repairs a dead broker")
    last = pids(folder)
    expect(cluster("down").returncode == 0 and not [name for name, pid in last.items() if alive(pid)], "down ends all of it")
    expect(cluster("up").returncode == 0, "up on the old data")
    last = pids(folder)
    expect(cluster("down", "--purge").returncode == 0 and not folder.exists(), "purge removes the data")
    expect(not [name for name, pid in last.items() if alive(pid)], "and ends all of it")
    return verified.returncode and SKIP


def main():
    with tempfile.TemporaryDirectory(prefix="evhost-cluster-") as parent:
        os.chmod(parent, 0o711)
        folder = pathlib.Path(parent) / "cluster"
        first = free_ports()
        os.environ |= {"EVH_CLUSTER_DIR": str(folder), "EVH_CLUSTER_PORTS": str(first), "EVH_HTTP_PORT": str(first - 1)}
        try:
            layout.postgres_programs(), layout.server_user(), layout.haproxy(), layout.kafka_jars(layout.Layout(BUILD))
        except layout.Refused as why:
            print(f"SKIPPED: {why}")
            return SKIP
        try:
            return run(folder)
        except BaseException:
            for log in sorted((folder / "log").glob("*.log")):
                print(f"== {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
            raise
        finally:
            if folder.exists():
                cluster("down")
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
