"""The one front: haproxy on the product's port, which sends every path to the plugin set whose preset names it."""
import os
import socket

from layout import SETS, haproxy
from piece import Piece, get

HEAD = """# Made by ./dev cluster up from the chart's presets; changes here are lost.
global
  maxconn 8000
  stats socket unix@front.sock mode 600 level admin
  log stdout format raw local0 warning

defaults
  mode http
  log global
  option redispatch 1
  retries 3
  timeout connect 2s
  timeout client 80s
  timeout server 80s
  timeout http-keep-alive 75s
  # A WebSocket may be silent for long; the host sends its own pings.
  timeout tunnel 1h
  # A replica that drains or dies leaves at once, and takes its WebSockets along so that clients go elsewhere.
  # One refused connection is enough: it comes back with the first good answer of /readyz, not while it starts.
  timeout check 2s
  default-server inter 500ms fastinter 200ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down on-marked-down shutdown-sessions
"""


def covers(prefix):
    """haproxy's words for one path and all below it; /api/v1/tasks is not /api/v1/tasksets."""
    return f"{{ path {prefix} }} || {{ path_beg {prefix}/ }}"


def configuration(layout):
    text = [HEAD, "frontend product", f"  bind 127.0.0.1:{layout.front}",
            "  # What clients say of their own address does not count; hosts believe this proxy alone (http.trusted_proxies).",
            "  http-request del-header X-Forwarded-For", "  option forwardfor", "  http-request set-header X-Forwarded-Proto http"]
    paths = {path: name for name in SETS for path in layout.presets[name]["paths"]}
    for path in sorted(paths, key=lambda p: (-len(p), p)):  # the longest that fits wins, as in an HTTPRoute
        if path != "/":
            text.append(f"  use_backend {paths[path]} if {covers(path)}")
    # What operators ask of a group goes to the set that runs it: its dead letters are handed in again through its database.
    for name in SETS:
        text.append(f"  use_backend {name} if {covers('/api/v1/admin/groups/' + name)}")
    text.append(f"  default_backend {paths['/']}")
    for name in SETS:
        text += ["", f"backend {name}", "  balance roundrobin", "  option httpchk GET /readyz", "  http-check expect status 200"]
        text += [f"  server {host} 127.0.0.1:{port} check" for host, owner, port in layout.hosts() if owner == name]
    text += ["", "frontend status", f"  bind 127.0.0.1:{layout.front_status}", "  stats enable", "  stats uri /", ""]
    return "\n".join(text)


class Front(Piece):
    stop_within = 5

    def __init__(self, layout):
        super().__init__(layout, "front", layout.front)
        self.work_folder = layout.folder
        self.file = layout.folder / "haproxy.cfg"
        self.program = haproxy()

    def prepare(self):
        self.file.write_text(configuration(self.layout))

    def command(self):
        return [self.program, "-db", "-f", self.file]

    def traits(self):
        return configuration(self.layout)

    def servers(self):
        """{host: (status, requests)} as haproxy counts them; empty when it does not answer."""
        status, text = get(f"http://127.0.0.1:{self.layout.front_status}/;csv")
        if status != 200:
            return {}
        lines = text.lstrip("# ").splitlines()
        names = lines[0].split(",")
        rows = [dict(zip(names, line.split(","))) for line in lines[1:]]
        return {r["svname"]: (r["status"], int(r["stot"] or 0)) for r in rows if r["svname"] not in ("FRONTEND", "BACKEND")}

    def say(self, words):
        """To haproxy's own socket, which stands in the folder; by way of a descriptor, because a socket's path may not be long."""
        folder = os.open(self.layout.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.settimeout(5)
                wire.connect(f"/proc/self/fd/{folder}/front.sock")
                wire.sendall(words.encode() + b"\n")
                wire.shutdown(socket.SHUT_WR)
                wire.recv(4096)
        except OSError:
            pass  # no front: nobody sends anything there
        finally:
            os.close(folder)

    def leave_out(self, host):
        """No new requests for it; those under way end as they would."""
        self.say(f"set server {host.set}/{host.name} state drain")

    def take_back(self, host):
        self.say(f"set server {host.set}/{host.name} state ready")

    def why_not_ready(self):
        servers = self.servers()
        if not servers:
            return "does not answer"
        down = [name for name, (status, _) in servers.items() if not status.startswith("UP")]
        return f"sends nothing to {', '.join(down)}" if down else ""
