#!/usr/bin/env python3
"""The product as a cluster on this machine: PostgreSQL, a Kafka broker, one host per plugin set, one front.

    cluster.py [--build DIR] up                 start what is not running, restart what changed, wait until all of it is ready
    cluster.py [--build DIR] down [--purge]     end it; its data stays unless --purge
    cluster.py [--build DIR] status             a table; exit 1 unless everything is ready

./dev cluster calls this with build/release. What may be set in the environment: layout.py.
"""
import argparse
import contextlib
import fcntl
import json
import pathlib
import shutil
import subprocess
import sys
import time

from engines import Kafka, Postgres
from front import Front
from hosts import Host
from layout import Layout, Refused, as_server, postgres_folder
from piece import POLL_S, Piece, State, memory_kib, stop_all, wait_ready


LEAVE_S = 0.5  # for the requests under way


class Cluster:
    def __init__(self, layout):
        self.layout = layout
        self.postgres, self.kafka, self.front = Postgres(layout), Kafka(layout), Front(layout)
        self.hosts = [Host(layout, name, owner, port, self.postgres, self.kafka) for name, owner, port in layout.hosts()]
        self.pieces = [self.postgres, self.kafka, *self.hosts, self.front]  # in the order they start
        self.state = State(layout.folder)

    def kind(self, name):
        one = next((p for p in self.pieces if p.name == name), Piece)
        return one.stop_signal, one.stop_within

    def stop(self, names):
        for name in stop_all(names, self.state, self.kind):
            say(f"{name} did not end in time and was killed")

    def bring(self, pieces):
        """Starts those that are dead, all at once; then those that were changed, one after the other; waits until all are ready."""
        self.start([p for p in pieces if self.state.pid(p.name) is None])
        wait_ready(pieces, self.state)
        for piece in pieces:
            if self.state.records[piece.name]["signature"] != piece.signature():
                self.change(piece)

    def change(self, piece):
        """A host of several leaves the front first, and comes back before the next one goes: nobody is sent away."""
        spare = isinstance(piece, Host) and self.layout.replicas[piece.set] > 1
        if spare:
            self.front.leave_out(piece)
            time.sleep(LEAVE_S)
        self.stop([piece.name])
        self.start([piece])
        if spare:
            self.front.take_back(piece)
            self.wait_for_front(piece)

    def start(self, pieces):
        begun = time.monotonic()
        for piece in pieces:
            piece.start(self.state)
        wait_ready(pieces, self.state)
        if pieces:
            say(f"{', '.join(p.name for p in pieces)}: ready after {time.monotonic() - begun:.1f} s")

    def wait_for_front(self, piece):
        """A replica goes only when the front knows that the one before is back; without a front there is nobody to wait for."""
        until = time.monotonic() + 10
        while self.state.pid("front") and time.monotonic() < until:
            if self.front.servers().get(piece.name, ("UP", 0))[0].startswith("UP"):
                return
            time.sleep(POLL_S)

    def up(self):
        self.stop([name for name in self.state.records if all(p.name != name for p in self.pieces)])  # of another layout
        for piece in self.pieces:
            if self.state.pid(piece.name) is None:
                piece.look_at_port()
        self.postgres.prepare()
        self.kafka.prepare()
        self.bring([self.postgres, self.kafka])
        self.postgres.make_databases()
        for piece in [*self.hosts, self.front]:
            piece.prepare()
        self.describe()
        self.bring(self.hosts)
        for host in self.hosts:
            self.front.take_back(host)  # should an earlier command have been ended between two replicas
        self.bring([self.front])

    def describe(self):
        """For programs: where the hosts are. Pids stand in state.json."""
        hosts = [{"name": h.name, "set": h.set, "url": f"http://127.0.0.1:{h.port}", "config": str(h.folder / "evhost.yaml")} for h in self.hosts]
        (self.layout.folder / "cluster.json").write_text(json.dumps({"url": self.layout.url, "hosts": hosts}, indent=1) + "\n")

    def down(self):
        hosts = [h.name for h in self.hosts] + [name for name in self.state.records if all(p.name != name for p in self.pieces)]
        for names in (["front"], hosts, ["kafka"], ["postgres"]):
            self.stop(names)

    def status(self):
        """Prints the table; true when all is ready."""
        rows, total, good = [], 0, True
        for piece in self.pieces:
            pid = self.state.pid(piece.name)
            why = piece.why_not_ready() if pid else ("died" if piece.name in self.state.records else "not started")
            kib = memory_kib(pid) if pid else 0
            total += kib
            good = good and not why
            rows.append((piece.name, str(pid or "-"), str(piece.port), "ready" if not why else why, f"{kib / 1024:.0f}" if pid else "-"))
        rows.append(("", "", "", "", f"{total / 1024:.0f}"))
        head = ("piece", "pid", "port", "state", "MiB")
        wide = [max(len(row[at]) for row in [head, *rows]) for at in range(5)]
        for row in [head, *rows]:
            print("  ".join([row[0].ljust(wide[0]), row[1].rjust(wide[1]), row[2].rjust(wide[2]), row[3].ljust(wide[3]), row[4].rjust(wide[4])]).rstrip())
        return good


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(folder):
    """One command at a time on one folder."""
    (folder / "log").mkdir(mode=0o711, parents=True, exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL's user passes through
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"another ./dev cluster works on {folder}: wait for it") from None
        yield


def purge(layout):
    elsewhere = postgres_folder(layout)
    if elsewhere.exists() and layout.folder not in elsewhere.parents:
        subprocess.run(["rm", "-rf", elsewhere], check=True, cwd="/", **as_server())
    shutil.rmtree(layout.folder)


def main():
    parser = argparse.ArgumentParser(prog="./dev cluster")
    parser.add_argument("--build", default=pathlib.Path(__file__).resolve().parents[2] / "build/release", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start what is not running, restart what changed, wait until all of it is ready")
    commands.add_parser("down", help="end it; its data stays").add_argument("--purge", action="store_true", help="remove its data too")
    commands.add_parser("status", help="a table; exit 1 unless everything is ready")
    asked = parser.parse_args()
    layout = Layout(asked.build)
    if asked.command != "up" and not layout.folder.exists():
        say(f"there is no cluster in {layout.folder}; ./dev cluster up makes one")
        return 1 if asked.command == "status" else 0
    begun = time.monotonic()
    if asked.command == "status":
        return 0 if Cluster(layout).status() else 1
    with locked(layout.folder):
        cluster = Cluster(layout)
        if asked.command == "up":
            cluster.up()
            good = cluster.status()
            print(f"{layout.url} serves the product; up after {time.monotonic() - begun:.1f} s")
            return 0 if good else 1
        cluster.down()
        if asked.purge:
            purge(layout)
        print(f"down after {time.monotonic() - begun:.1f} s; " + ("its data is gone" if asked.purge else f"its data stays in {layout.folder}"))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as why:
        say(f"cluster: {why}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
