#!/usr/bin/env python3
"""Writes the fault table into docs/reliability.md from the results of fault runs.

    table.py <results.jsonl> <reliability.md>     replaces what stands between the markers
"""
import collections
import json
import pathlib
import sys

BEGIN, END = "<!-- fault table: ./dev faults --table -->", "<!-- end of the fault table -->"
COUNTS = ("acknowledged", "effects", "repeats", "dead", "lost", "doubled", "disorder")
OTHERS = ("strayed", "invented", "unmatched")


def add(row, line):
    row["what"] = line["what"]
    row["control"] = line["control"]
    row["runs"] += line.get("runs", 1)
    row["bad"] += not line["good"]
    for name in COUNTS + OTHERS:
        row[name] += line[name]
    row["recover_ms"] = max(row["recover_ms"], line["recover_ms"])
    row["longest_gap_ms"] = max(row["longest_gap_ms"], line["longest_gap_ms"])
    row["seed"] = line["seed"]


def seconds(ms):
    return f"{ms / 1000:.1f} s"


def table(lines):
    rows = collections.defaultdict(lambda: collections.Counter())
    for line in lines:
        add(rows[line["row"], line["name"]], line)
    out = ["| row | fault | runs | acknowledged | effects | repeats dropped | dead letters | lost | doubled | disorder | other | worst recovery | longest gap | last seed |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for (number, name), r in sorted(rows.items()):
        counts = " | ".join(f"{r[c]:,}" for c in COUNTS)
        other = sum(r[o] for o in OTHERS)
        red = f" ({r['bad']} red)" if r["bad"] else ""
        out.append(f"| {number} | {name} | {r['runs']}{red} | {counts} | {other} | {seconds(r['recover_ms'])} | {seconds(r['longest_gap_ms'])} | {r['seed']} |")
    ours = [r for r in rows.values() if not r["control"]]
    total = sum(r["runs"] for r in ours)
    out.append("")
    out.append(f"{total} runs of {len(ours)} rows, {sum(r['bad'] for r in ours)} red; {sum(r['acknowledged'] for r in ours):,} acknowledged writes, "
               f"{sum(r['effects'] for r in ours):,} effects. Controls: {len(rows) - len(ours)}, all of them found out." if not any(r["bad"] for r in rows.values()) else
               f"{total} runs of {len(ours)} rows, {sum(r['bad'] for r in rows.values())} red.")
    return "\n".join(out)


def main():
    results, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    if not results.exists():
        sys.exit(f"{results} is not there: run ./dev faults first")
    lines = [json.loads(line) for line in results.read_text().splitlines() if line]
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        sys.exit(f"{page} lacks the markers {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{table(lines)}\n{END}{after}")
    print(f"{page}: {len(lines)} result lines")


if __name__ == "__main__":
    main()
