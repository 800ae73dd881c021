"""Writes numbered SQL files as a C++ header: embed_migrations.py <namespace> <header> <dialect folder>..."""
import pathlib
import sys

namespace, header, *folders = sys.argv[1:]
out = ["// Made from the migrations folder by embed_migrations.py.", "#pragma once", "#include <evh/plugin.hpp>", f"namespace {namespace} {{"]
for folder in map(pathlib.Path, folders):
    steps = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    numbers = [int(step.name[:4]) for step in steps]
    if numbers != list(range(1, len(steps) + 1)):
        sys.exit(f"{folder}: migrations are numbered 0001, 0002, ... without gaps; found {numbers}")
    out.append(f"inline constexpr evh::migration {folder.name}[] = {{")
    for step in steps:
        text = step.read_text(encoding="utf-8")
        if ')sql"' in text:
            sys.exit(f"{step}: )sql\" cannot be embedded")
        out.append(f'  {{{int(step.name[:4])}, "{step.stem[5:]}", R"sql({text})sql"}},')
    out.append("};")
out.append(f"}}  // namespace {namespace}")
pathlib.Path(header).write_text("\n".join(out) + "\n", encoding="utf-8")
