#!/usr/bin/env python3
"""The house rules a machine can read in the text of tracked files: words that mark unfinished work, and file sizes.

    lint.py <tree>      prints what it found; exit 1 when a rule is broken (long files are only named)
"""
import pathlib
import re
import subprocess
import sys

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep)\s*\(")
SOURCE = (".h", ".hpp", ".hxx", ".c", ".cpp", ".py", ".sh", ".cmake")
LINES_MAX = 400
SERVING = ("host/", "plugins/", "sdk/")
TERMINAL = "host/app/command_"  # a person watches


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    listed = subprocess.run(["git", "-C", str(tree), "ls-files"], check=True, text=True, stdout=subprocess.PIPE).stdout
    broken, long = [], []
    for path in listed.split("\n"):
        file = tree / path
        if file.suffix not in SOURCE or not file.is_file():
            continue
        lines = file.read_text(errors="replace").splitlines()
        if len(lines) > LINES_MAX:
            long.append(f"{path}: {len(lines)} lines; is there a seam in the meaning?")
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                broken.append(f"{path}:{number}: unfinished: {line.strip()}")
            if SLEEP.search(line) and path.startswith(SERVING) and not path.startswith(TERMINAL):
                broken.append(f"{path}:{number}: sleeps instead of waiting with a deadline: {line.strip()}")
    print("\n".join(long + broken))
    print(f"{len(broken)} rules broken, {len(long)} long files")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
