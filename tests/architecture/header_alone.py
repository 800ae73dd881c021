#!/usr/bin/env python3
"""Does every SDK header compile with nothing before it: the C ABI as C11 and as C++20, the wrapper as C++20?

    header_alone.py <tree> <C compiler> <C++ compiler>

<evh/odb.hpp> and <evh/odb_mapped.hpp> are left out: they need ODB's include directories and are compiled alone in tests/conformance/odb.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

STRICT = ("-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-Wno-pragma-once-outside-header")


def compile_alone(header, include, command, language, standard):
    done = subprocess.run([command, f"-std={standard}", *STRICT, f"-I{include}", "-x", language, "-"], text=True,
                          input=f"#include <{header}>\n#include <{header}>\n", stderr=subprocess.PIPE, check=False)
    return None if done.returncode == 0 else f"{header} as {standard}: {done.stderr.strip()}"


def main():
    tree, c_compiler, cxx_compiler = sys.argv[1:4]
    include = pathlib.Path(tree) / "sdk" / "include"
    jobs = []
    for file in sorted(include.rglob("*.h*")):
        header = file.relative_to(include).as_posix()
        if header in ("evh/odb.hpp", "evh/odb_mapped.hpp"):
            continue
        if file.suffix == ".h":
            jobs.append((header, include, c_compiler, "c", "c11"))
        jobs.append((header, include, cxx_compiler, "c++", "c++20"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [said for said in pool.map(lambda job: compile_alone(*job), jobs) if said]
    for said in failures:
        print(said)
    print(f"{len(jobs)} headers compiled alone, {len(failures)} failed")
    return 1 if failures or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
