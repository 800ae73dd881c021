#!/usr/bin/env python3
"""The capacity model of docs/scaling.md: recomputes its tables from measured costs.

    capacity.py                        prints both tables
    capacity.py --check docs/scaling.md   fails when the document shows something else

Every input says where it is from. "not measured" marks assumptions; change them here and put the tables into the document.
"""
import math
import sys

# name: (value, unit, source)
INPUTS = {
    "event_bytes": (900, "bytes of one task event on Kafka before compression", "561 bytes of JSON (read from the outbox) and about 340 of key, CloudEvents headers, stamp and framing"),
    "groups_per_event": (3, "consumer groups that read a task event", "counted: recurring, sync's or notification's share, audit"),
    "read_us": (0.5, "CPU us to read one event into a plugin without effects", "`kafka_bench none`"),
    "row_host_us": (1.0, "host CPU us per event decoded and written in bulk", "`kafka_bench rows`"),
    "row_database_us": (1.1, "PostgreSQL CPU us per event written in bulk", "`kafka_bench rows`"),
    "post_host_us": (78, "host CPU us per durable POST /api/v1/tasks at 32 connections", "`cluster_bench posts`"),
    "bulk_memory_mib": (236, "most memory of a host that drains 12 full partitions into rows", "`kafka_bench rows`"),
    "product_memory_mib": (44, "most memory of a host with chat, identity and sync under POSTs", "`cluster_bench posts`"),
    "small_handler_us": (78, "host CPU us per event of a handler that works row by row", "taken from the POST, which writes four rows"),
    "small_database_us": (133, "PostgreSQL CPU us per such event", "taken from the POST: four rows, numbering and removal from the outbox; `cluster_bench posts`"),
    "utilisation": (0.6, "of a core that one planned replica may use", "a choice"),
    "partition_share": (0.5, "of a core's time that one partition's batches use at most (the rest waits for commits)", "not measured"),
    "retention_days": (7, "days on Kafka", "a choice"),
    "replication": (3, "copies on Kafka", "a choice"),
    "broker_write_mb": (100, "MB/s one broker writes", "not measured"),
    "database_cores": (8, "cores of a PostgreSQL primary", "a choice"),
    "cell_events": (20_000, "peak events/s of one cell", "a choice below what one primary carries"),
    "hosts_minimum": (2, "replicas of each of seven plugin sets", "a choice"),
    "committers": (2, "writing connections of a host", "storage.committers, default"),
    "readers": (4, "reading connections of a host, opened when needed", "default"),
}
PEAKS = (100, 1_000, 10_000, 100_000, 1_000_000)
PLUGIN_SETS = 7


def value(name):
    return INPUTS[name][0]


def row(peak):
    core = 1e6 * value("utilisation")
    per_partition = 1e6 * value("partition_share") / value("small_handler_us")
    partitions = max(12, math.ceil(2 * peak / per_partition))
    # POSTs on chat, and each group's handler row by row on its own set.
    chat = max(value("hosts_minimum"), math.ceil(peak * value("post_host_us") / core))
    others = value("groups_per_event") * max(value("hosts_minimum"), math.ceil(peak * value("small_handler_us") / core))
    idle = (PLUGIN_SETS - 1 - value("groups_per_event")) * value("hosts_minimum")
    hosts = chat + others + idle
    database_us = (1 + value("groups_per_event")) * value("small_database_us")
    primaries = max(1, math.ceil(peak * database_us / (1e6 * value("utilisation") * value("database_cores"))))
    bytes_in = 2 * peak * value("event_bytes")  # task-events and task-updates
    brokers = max(3, math.ceil(bytes_in * value("replication") / (0.7 * value("broker_write_mb") * 1e6)) + 1)
    disk = bytes_in * 0.4 * 86_400 * value("retention_days") * value("replication") * 1.2 / 1e12
    cells = max(1, math.ceil(peak / value("cell_events")))
    connections = hosts * (value("committers") + value("readers"))
    return peak, partitions, hosts, connections, primaries, brokers, disk, cells


def table():
    lines = ["| peak events/s | partitions a topic | hosts | connections | primaries of 8 cores | brokers | Kafka disk | cells |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for peak, partitions, hosts, connections, primaries, brokers, disk, cells in map(row, PEAKS):
        lines.append(f"| {peak:,} | {partitions:,} | {hosts:,} | {connections:,} | {primaries:,} | {brokers:,} | {disk:.2f} TB | {cells:,} |")
    return lines


def inputs():
    lines = ["| input | value | what | from |", "| --- | --- | --- | --- |"]
    for name, (number, what, source) in INPUTS.items():
        lines.append(f"| `{name}` | {number:,} | {what} | {source} |")
    return lines


def main():
    wanted = inputs() + table()
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as document:
            shown = {line.rstrip("\n") for line in document}
        missing = [line for line in wanted if line not in shown]
        for line in missing:
            print(f"{sys.argv[2]} lacks: {line}")
        return 1 if missing else 0
    print("\n".join(inputs()) + "\n\n" + "\n".join(table()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
