#!/usr/bin/env python3
"""Runs a test binary with recording on and holds what it recorded against the documents.

usage: recorded_contract.py <test binary> [gtest arguments...]
"""
import os
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]


def main(command):
    with tempfile.TemporaryDirectory() as folder:
        events, exchanges = pathlib.Path(folder, "events.ndjson"), pathlib.Path(folder, "exchanges.ndjson")
        environment = {**os.environ, "EVH_RECORD_EVENTS": str(events), "EVH_RECORD_EXCHANGES": str(exchanges)}
        ran = subprocess.run([*command, "--gtest_brief=1"], env=environment, check=False).returncode
        checks = [("check_events.py", root / "schemas/events/json", events), ("check_openapi.py", root / "schemas/api/openapi.yaml", exchanges)]
        outcomes = [subprocess.run([sys.executable, root / "tests/contract" / script, document, recording], check=False).returncode
                    for script, document, recording in checks if recording.exists()]
    return 1 if ran or any(outcomes) or not outcomes else 0  # a run that recorded nothing proves nothing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
