"""PostgreSQL from Debian's packages and an Apache Kafka broker from its Maven artifacts, each in a folder of its own."""
import base64
import os
import pathlib
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import uuid

from layout import Refused, SETS, as_server, java, kafka_jars, postgres_folder, postgres_programs
from piece import Piece


def run(what, command, log, **more):
    with open(log, "a") as out:
        if subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", **more).returncode != 0:
            words = pathlib.Path(log).read_text(errors="replace").splitlines()[-8:]
            raise Refused(f"{what} failed (log: {log}):\n" + "\n".join(words))


class Postgres(Piece):
    """One server; each plugin set has a database of its own on it, or all share one, as after evhost migrate."""
    stop_signal = signal.SIGINT  # fast: connections are cut, nothing committed is lost

    def __init__(self, layout):
        super().__init__(layout, "postgres", layout.postgres)
        self.programs, self.data = postgres_programs(), postgres_folder(layout) / "data"
        self.passwords = layout.folder / "postgres.passwords"

    def prepare(self):
        """initdb once; two passwords: the superuser's and the hosts'."""
        if not self.passwords.exists():
            self.passwords.touch(mode=0o600)
            self.passwords.write_text(secrets.token_urlsafe(24) + "\n" + secrets.token_urlsafe(24) + "\n")
        if self.initialised():
            return
        folder = self.data.parent
        folder.mkdir(mode=0o700, exist_ok=True)
        if user := as_server().get("user"):
            shutil.chown(folder, user)
        superuser = folder / "superuser.password"
        superuser.touch(mode=0o600)
        superuser.write_text(self.password(0))
        if user:
            shutil.chown(superuser, user)
        run("initdb", [self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={superuser}", "-E", "UTF8", "--locale=C"],
            self.log, **as_server())
        superuser.unlink()

    def initialised(self):
        return subprocess.run(["test", "-f", self.data / "PG_VERSION"], cwd="/", **as_server()).returncode == 0

    def password(self, which):
        return self.passwords.read_text().split()[which]

    def command(self):
        return [self.programs / "postgres", "-D", self.data, "-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}", "-c",
                "unix_socket_directories=", "-c", "max_connections=300", "-c", "shared_buffers=128MB", "-c", "max_wal_size=2GB"]

    def identity(self):
        return as_server()

    def why_not_ready(self):
        asked = subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"], cwd="/")
        return "" if asked.returncode == 0 else "does not take connections"

    def ask(self, database, sql):
        asked = subprocess.run([self.programs / "psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database],
                               input=sql, capture_output=True, text=True, cwd="/", env={**os.environ, "PGPASSWORD": self.password(0)})
        if asked.returncode != 0:
            raise Refused(f"PostgreSQL refused: {asked.stderr.strip()}")
        return asked.stdout.split()

    def make_databases(self):
        if not self.ask("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'evhost'"):
            self.ask("postgres", f"CREATE ROLE evhost LOGIN PASSWORD '{self.password(1)}'")
        there = self.ask("postgres", "SELECT datname FROM pg_database")
        for name in sorted({self.database(one) for one in SETS} - set(there)):
            self.ask("postgres", f"CREATE DATABASE {name} OWNER evhost")

    def database(self, name):
        return "evhost" if self.layout.one_database else f"evhost_{name}"

    def url(self, name):
        return f"postgresql://evhost:{self.password(1)}@127.0.0.1:{self.port}/{self.database(name)}?sslmode=disable"


class Kafka(Piece):
    """Broker and controller in one process, KRaft mode."""

    def __init__(self, layout):
        super().__init__(layout, "kafka", layout.kafka)
        self.folder = layout.folder / "kafka"
        self.jars = layout.build / "kafka"
        self.program = [java(), "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{self.jars}/*"]

    @property
    def servers(self):
        return f"127.0.0.1:{self.port}"

    def traits(self):
        return f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{self.layout.controller}
listeners=PLAINTEXT://{self.servers},CONTROLLER://127.0.0.1:{self.layout.controller}
advertised.listeners=PLAINTEXT://{self.servers}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={self.folder / "data"}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
offsets.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""

    def prepare(self):
        kafka_jars(self.layout)
        self.folder.mkdir(exist_ok=True)
        settings = self.folder / "server.properties"
        settings.write_text(self.traits())
        if not (self.folder / "data/meta.properties").exists():
            cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
            run("formatting the broker's folder", [*self.program, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", settings], self.log)

    def command(self):
        return [*self.program, "kafka.Kafka", self.folder / "server.properties"]

    def why_not_ready(self):
        """Asks for the versions of its protocol, as every client does first."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as wire:
                wire.sendall(struct.pack(">ihhih", 10, 18, 0, 1, -1))
                wire.settimeout(2)
                return "" if len(wire.recv(10)) == 10 else "answers, but not as a Kafka broker"
        except OSError as error:
            return f"does not answer: {error}"
