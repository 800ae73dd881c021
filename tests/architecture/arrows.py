#!/usr/bin/env python3
"""Does every #include point down the arrows of docs/architecture.md, and does each library stay in its adapter?

    arrows.py <tree>      prints one sentence per wrong include; exit 1 when there is one
"""
import pathlib
import re
import sys

# Which host modules a host module may include besides itself and core. app sees all of them.
HOST_ARROWS = {
    "core": (),
    "io": (),
    "config": ("io",),
    "secrets": ("io", "config"),
    "security": ("io", "config"),
    "observe": ("io", "config"),
    "loader": ("io", "config"),
    "runtime": ("io",),
    "storage": ("io", "config"),
    "log": ("io", "config", "storage"),
    "kafka": ("io", "config"),
    "http": ("io", "config"),
    "websocket": ("io", "config"),
}

# Libraries we did not write, by the beginning of the header's name, and the folders that may see them. tests/ and
# bench/ may see all of them.
LIBRARIES = {
    "pistache/": ("host/http/",),
    "sqlite3.h": ("host/storage/", "host/log/", "sdk/include/evh/odb.hpp", "sdk/testing/", "plugins/*/store/"),
    "libpq": ("host/storage/", "sdk/include/evh/odb.hpp", "plugins/*/store/"),
    "odb/": ("sdk/include/evh/odb.hpp", "sdk/include/evh/odb_mapped.hpp", "plugins/*/store/"),
    "evh/odb.hpp": ("plugins/*/store/",),
    "evh/odb_mapped.hpp": ("plugins/*/store/",),
    "boost/dll": ("host/loader/",),
    "dlfcn.h": ("host/loader/", "sdk/testing/"),
    "spdlog/": ("host/observe/",),
    "prometheus/": ("host/observe/",),
    "yaml-cpp/": ("host/config/",),
    "CLI/": ("host/app/",),
    "librdkafka/": ("host/kafka/",),
    "boost/beast/websocket": ("host/websocket/", "host/core/net/"),
    "boost/beast": ("host/http/", "host/websocket/", "host/core/net/"),
    "date/": ("plugins/calendar/",),
    "curl/": ("host/security/", "plugins/*/"),
}

VERIFIER = "host/app/audit_verify/"
C11_HEADERS = ("stdint.h", "stddef.h")
SUFFIXES = (".h", ".hpp", ".hxx", ".c", ".cpp", ".cxx", ".ipp")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def under(path, folder):
    """Is `path` inside `folder`? A `*` stands for one folder name; the last part may begin any depth below it."""
    pattern = re.escape(folder).replace(r"\*", "[^/]+")
    if folder.startswith("plugins/*/") and folder != "plugins/*/":
        pattern = r"plugins/[^/]+/(.*/)?" + re.escape(folder.removeprefix("plugins/*/"))
    return re.match(pattern, path) is not None


def wrong_library(path, header):
    for library, folders in LIBRARIES.items():
        if header.startswith(library):
            if path.startswith(("tests/", "bench/")) or any(under(path, folder) for folder in folders):
                return None
            return f"{library} belongs to {', '.join(folders)}"
    return None


def wrong_host(path, header):
    if header.startswith("plugins/"):
        return "no host file includes a plugin"
    if path.startswith(VERIFIER) and "/" in header and not header.startswith(VERIFIER):
        return "the offline verifier shares no code with the log: its own files, the standard library and libsodium"
    own = path.split("/")[1]
    if not header.startswith("host/") or own not in HOST_ARROWS:
        return None  # app, or not ours
    module = header.split("/")[1]
    if module in ("core", own) or module in HOST_ARROWS[own]:
        return None
    return f"host/{own} sees {', '.join(sorted({'core', *HOST_ARROWS[own]}))} only"


def wrong_plugin(path, header):
    if header.startswith("host/"):
        return "no plugin includes host/"
    if path.startswith("plugins/calendar/") and header.startswith(("evh/", "schemas/")):
        return "calendar is a pure library"
    own = path.split("/")[1]
    if header.startswith("plugins/") and header.split("/")[1] not in (own, "calendar"):
        return "plugins talk through events and host services only"
    return None


def wrong_sdk(path, header):
    if header.startswith(("host/", "plugins/", "schemas/")):
        return "the SDK depends on nothing of ours"
    if path.startswith("sdk/include/evh/abi/") and not header.startswith("evh/abi/") and header not in C11_HEADERS:
        return "the C ABI includes stdint.h, stddef.h and itself only"
    if path.startswith("sdk/include/evh/") and path != "sdk/include/evh/odb.hpp" and header.startswith("boost/"):
        return "the wrapper needs the standard library only"
    return None


def wrong_schemas(_, header):
    return "schemas depend on nothing of ours" if header.startswith(("host/", "plugins/", "evh/")) else None


ROOMS = {"host": wrong_host, "plugins": wrong_plugin, "sdk": wrong_sdk, "schemas": wrong_schemas}


def wrong_includes(tree):
    said, seen = [], 0
    for room, wrong in ROOMS.items():
        for file in sorted((tree / room).rglob("*")):
            if file.suffix not in SUFFIXES or not file.is_file():
                continue
            seen += 1
            path = file.relative_to(tree).as_posix()
            for match in INCLUDE.finditer(file.read_text(errors="replace")):
                header = match.group(2)
                if match.group(1) == '"' and header.startswith(".."):
                    reason = "include from the root of the tree, so that the arrow can be read"
                else:
                    reason = wrong(path, header) or wrong_library(path, header)
                if reason:
                    line = file.read_text(errors="replace")[: match.start()].count("\n") + 1
                    said.append(f"{path}:{line}: includes {header}: {reason}")
    return said, seen


def main():
    said, seen = wrong_includes(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for sentence in said:
        print(sentence)
    print(f"{seen} files, {len(said)} wrong includes")
    return 1 if said or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
