"""One process of the cluster: start it, tell whether it still is the same one, wait for it, end it.

A piece outlives the command that started it. What is known of it stands in state.json: a pid counts only with the start
time the kernel gives for it, so a number that was given to somebody else is never signalled.
"""
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from layout import Refused

POLL_S = 0.1


def start_ticks(pid):
    """When the process started, in the kernel's ticks; None when it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def memory_kib(pid):
    """Resident memory of a process; with children (PostgreSQL) the pages they share count once, where the kernel tells."""
    family = [pid, *children(pid)]
    if len(family) == 1:
        return field(f"/proc/{pid}/status", "VmRSS:") or 0
    return sum(field(f"/proc/{one}/smaps_rollup", "Pss:") or field(f"/proc/{one}/status", "VmRSS:") or 0 for one in family)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def field(path, name):
    try:
        with open(path) as file:
            return next((int(line.split()[1]) for line in file if line.startswith(name)), None)
    except OSError:
        return None


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def get(url, within=3):
    """(status, text) of a GET; status 0 and the reason when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=within) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (OSError, urllib.error.URLError) as error:
        return 0, str(getattr(error, "reason", error))


class Piece:
    stop_signal = signal.SIGTERM
    stop_within = 30
    ready_within = 180  # on a machine that is busy with builds the broker alone takes a minute
    work_folder = "/"

    def __init__(self, layout, name, port):
        self.layout, self.name, self.port = layout, name, port
        self.log = layout.folder / "log" / f"{name}.log"

    # What a kind of piece says of itself.
    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def identity(self):
        return {}  # user and group to run as

    def traits(self):
        return ""  # files whose change asks for a restart, as text

    def why_not_ready(self):
        raise NotImplementedError

    # The same for all.
    def signature(self):
        own = {k: v for k, v in self.environment().items() if k not in os.environ or os.environ[k] != v}
        return hashlib.sha256(json.dumps([[str(c) for c in self.command()], sorted(own.items()), self.traits()]).encode()).hexdigest()

    def look_at_port(self):
        if answers(self.port):
            raise Refused(f"port {self.port}, which {self.name} needs, is taken by another program: end that one, or move the cluster with "
                          f"{'EVH_HTTP_PORT' if self.port == self.layout.front else 'EVH_CLUSTER_PORTS'}")

    def start(self, state):
        with open(self.log, "a") as out:
            try:
                child = subprocess.Popen([str(c) for c in self.command()], env=self.environment(), cwd=self.work_folder, stdin=subprocess.DEVNULL, stdout=out,
                                         stderr=out, start_new_session=True, **self.identity())
            except OSError as error:
                raise Refused(f"{self.name} cannot be started: {error}") from None
        state.put(self.name, {"pid": child.pid, "ticks": start_ticks(child.pid), "port": self.port, "signature": self.signature()})
        self.child = child  # reaps it when it dies while we watch

    def last_words(self):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        except OSError:
            return ""


class State:
    """state.json: what runs under which name. One command at a time writes it (cluster.py holds the lock)."""

    def __init__(self, folder):
        self.file = folder / "state.json"
        try:
            self.records = json.loads(self.file.read_text())
        except FileNotFoundError:
            self.records = {}
        except ValueError as error:
            raise Refused(f"{self.file} cannot be read ({error}): end what it names by hand, then remove it") from None

    def put(self, name, record):
        if record is None:
            self.records.pop(name, None)
        else:
            self.records[name] = record
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.records, indent=1) + "\n")
        new.replace(self.file)

    def pid(self, name):
        """Of the running process of that name; None when it is dead."""
        record = self.records.get(name)
        return record["pid"] if record and record["ticks"] is not None and start_ticks(record["pid"]) == record["ticks"] else None


def wait_ready(pieces, state):
    """All of them, each within its own time."""
    begun, waiting = time.monotonic(), list(pieces)
    while waiting:
        for piece in list(waiting):
            if not (why := piece.why_not_ready()):
                waiting.remove(piece)
                continue
            if hasattr(piece, "child"):
                piece.child.poll()
            if state.pid(piece.name) is None:
                raise Refused(f"{piece.name} ended while it started; its last words ({piece.log}):\n{piece.last_words()}")
            if time.monotonic() - begun > piece.ready_within:
                raise Refused(f"{piece.name} is not ready after {piece.ready_within} s: {why}; see {piece.log}")
        if waiting:
            time.sleep(POLL_S)


def stop_all(names, state, kinds):
    """Signals all of them, waits for all, kills who stays. kinds: name -> (signal, seconds)."""
    asked = {}
    for name in names:
        if (pid := state.pid(name)) is not None:
            os.kill(pid, kinds(name)[0])
            asked[name] = time.monotonic() + kinds(name)[1]
        else:
            state.put(name, None)
    killed = []
    while asked:
        for name, until in list(asked.items()):
            pid = state.pid(name)
            if pid is None:
                state.put(name, None)
                del asked[name]
            elif time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                killed.append(name)
                asked[name] = time.monotonic() + 10
        if asked:
            time.sleep(POLL_S)
    return killed
