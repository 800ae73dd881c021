#!/usr/bin/env python3
"""Runs the README's tour against a real host and compares what it prints with what the README says it prints.

usage: readme_test.py README.md EVHOST PLUGINS
Lines starting with "$ " in console blocks run in one bash; the other lines are the expected output. Dates and ids vary:
they are replaced by placeholders on both sides.
"""
import json, os, re, shutil, subprocess, sys, tempfile, time, urllib.request

readme, evhost, plugins = sys.argv[1:4]
data = tempfile.mkdtemp(prefix="evhost-readme-")
environment = {**os.environ, "EVH_DATA_DIR": data, "EVH_PLUGINS": plugins, "EVH_HTTP_PORT": "0"}
host = subprocess.Popen([evhost, "run"], env=environment, stderr=subprocess.DEVNULL)


def normalise(text):
    text = re.sub(r"\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4}\b", "DATE", text)
    return re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", text).strip()


def steps(text):
    """(command, expected output) of every console block, in order."""
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        command, expected = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command is not None:
                    yield command, "\n".join(expected)
                command, expected = line[2:], []
            else:
                expected.append(line)
        if command is not None:
            yield command, "\n".join(expected)


def port():
    for _ in range(500):
        try:
            number = json.load(open(os.path.join(data, "host.json")))["port"]
            if urllib.request.urlopen(f"http://127.0.0.1:{number}/readyz").status == 200:
                return number
        except (OSError, ValueError):
            time.sleep(0.02)  # another process is starting
    raise SystemExit("the host was not ready in time")


failed = 0
try:
    number = port()
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    count = 0
    for command, expected in steps(open(readme, encoding="utf-8").read()):
        command = command.replace("localhost:8080", f"localhost:{number}").replace("./dev evhost", evhost)
        shell.stdin.write(command + "\necho; echo --done--\n")
        shell.stdin.flush()
        lines = []
        while (line := shell.stdout.readline()) and line.strip() != "--done--":
            lines.append(line)
        count += 1
        if normalise("".join(lines)) != normalise(expected):
            failed += 1
            print(f"README says\n  $ {command}\n{normalise(expected)}\nbut it prints\n{normalise(''.join(lines))}\n")
    shell.stdin.close()
    shell.wait()
    print(f"{count - failed} of {count} commands print what the README says")
    failed = failed or count == 0
finally:
    host.terminate()
    if host.wait(20) != 0:
        failed = True
        print("the host did not end with 0")
    shutil.rmtree(data, ignore_errors=True)
sys.exit(1 if failed else 0)
