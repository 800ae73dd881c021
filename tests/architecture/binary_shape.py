#!/usr/bin/env python3
"""What do the built files show to the linker?

    binary_shape.py host <evhost> <plugin namespace>...   no symbol of a plugin, no ODB library
    binary_shape.py plugins <folder>                      each exports evh_plugin_entry and nothing else
"""
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def host_faults(binary, namespaces):
    symbols = output("nm", "--defined-only", "--demangle", binary).splitlines()
    own = re.compile(r"\b(evh_plugin_entry\b|(?:%s)::)" % "|".join(map(re.escape, namespaces)))
    faults = [f"{binary} contains {line}" for line in symbols if own.search(line)]
    faults += [f"{binary} needs {line.split()[-1]}" for line in output("readelf", "-d", binary).splitlines()
               if "NEEDED" in line and re.search(r"odb|evh_plugin", line)]
    return faults[:20], len(symbols)


def plugin_faults(folder):
    files = sorted(pathlib.Path(folder).glob("*.so"))
    faults = []
    for file in files:
        exported = [line.split()[-1] for line in output("nm", "-D", "--defined-only", str(file)).splitlines()]
        if exported != ["evh_plugin_entry"]:
            faults.append(f"{file.name} exports {', '.join(exported[:8]) or 'nothing'}")
    return faults, len(files)


def main():
    if sys.argv[1] == "host":
        faults, seen = host_faults(sys.argv[2], sys.argv[3:])
    else:
        faults, seen = plugin_faults(sys.argv[2])
    for fault in faults:
        print(fault)
    print(f"{seen} {'symbols' if sys.argv[1] == 'host' else 'plugins'}, {len(faults)} faults")
    return 1 if faults or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
