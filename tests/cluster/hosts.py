"""One evhost process: its folder and its configuration, which is what the chart gives it too. Keys are shared by all."""
import json
import os

import yaml

from layout import SETS, evhost
from piece import Piece, get


class Host(Piece):
    def __init__(self, layout, name, plugin_set, port, postgres, kafka):
        super().__init__(layout, name, port)
        self.set, self.postgres, self.kafka = plugin_set, postgres, kafka
        self.folder = layout.folder / name
        self.binary = evhost(layout)

    def settings(self):
        load = self.layout.presets[self.set]["load"]
        return {
            "host": {"data_dir": str(self.folder)},
            "http": {"port": self.port, "trusted_proxies": ["127.0.0.1"]},
            "storage": {"database_url": self.postgres.url(self.set)},
            "kafka": {"bootstrap_servers": self.kafka.servers, "instance_id": self.name, "session_timeout": "6s"},  # a dead replica's partitions move soon
            "security": {"keys_directory": str(self.layout.folder / "keys")},
            "web": {"base_url": self.layout.url},
            "plugins": {"directories": [str(self.layout.build / "plugins")]} | {one: {"enabled": False} for one in SETS if one not in load},
        }

    def prepare(self):
        self.folder.mkdir(mode=0o700, exist_ok=True)
        file = self.folder / "evhost.yaml"
        file.touch(mode=0o600)  # the database's password is in it
        file.write_text(yaml.safe_dump(self.settings(), sort_keys=False))

    def command(self):
        return [self.binary, "run", "--config", self.folder / "evhost.yaml"]

    def environment(self):
        """What the caller has set for a host of its own is not meant for these."""
        fixed = ("BETTER_AUTH_URL", "DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS")
        return {k: v for k, v in os.environ.items() if not k.startswith(("EVH_", "NEXT_PUBLIC_")) and k not in fixed}

    def traits(self):
        files = [self.binary] + [self.layout.build / f"plugins/{one}.so" for one in self.layout.presets[self.set]["load"]]
        return json.dumps([yaml.safe_dump(self.settings())] + [[f.stat().st_mtime_ns, f.stat().st_size] for f in files])

    def why_not_ready(self):
        status, text = get(f"http://127.0.0.1:{self.port}/readyz")
        if status == 200:
            return ""
        try:
            return "; ".join(json.loads(text).get("reasons", [])) or f"/readyz answers {status}"
        except ValueError:
            return f"does not answer: {text}"
