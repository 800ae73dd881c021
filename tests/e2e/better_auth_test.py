"""Runs Better Auth's own npm client and jose against the host: better_auth_test.py <evhost> <plugins> <work folder>

The packages are installed into the work folder once. Without npm's registry (or node) the test is skipped with exit code
77 and a sentence; with EVH_REQUIRE_ALL=1 that is a failure.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent / "better_auth"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(1 if os.environ.get("EVH_REQUIRE_ALL") == "1" else 77)


def install(work):
    work.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "client_test.mjs"):
        shutil.copy(HERE / name, work / name)
    mark = work / "node_modules" / ".installed"
    wanted = (HERE / "package.json").read_text()
    if mark.exists() and mark.read_text() == wanted:
        return
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node and npm are not installed (apt install nodejs npm)")
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=work, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except subprocess.TimeoutExpired:
        skip("npm did not answer within 300 s")
    if done.returncode != 0:
        skip(f"npm cannot install better-auth and jose: {done.stdout.strip()[-300:]}")
    mark.write_text(wanted)


def wait_for_host(data, host):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if host.poll() is not None:
            sys.exit(f"the host ended with {host.returncode}:\n{(data / 'log').read_text()}")
        try:
            return json.loads((data / "host.json").read_text())["port"]
        except (OSError, ValueError):
            time.sleep(0.02)  # polling another process
    sys.exit("the host was not ready within 30 s")


def main():
    evhost, plugins, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    install(work)
    with tempfile.TemporaryDirectory(prefix="evhost-better-auth-") as folder:
        data = pathlib.Path(folder)
        environment = {**os.environ, "EVH_DATA_DIR": folder, "EVH_HTTP_PORT": "0", "EVH_PLUGINS": plugins}
        with open(data / "log", "w") as log:
            host = subprocess.Popen([evhost, "run"], env=environment, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{wait_for_host(data, host)}"
            client = subprocess.run(["node", "client_test.mjs", base], cwd=work, timeout=120)
        finally:
            host.terminate()
            host.wait(30)
        return client.returncode


if __name__ == "__main__":
    sys.exit(main())
