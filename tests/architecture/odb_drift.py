#!/usr/bin/env python3
"""Do a plugin's numbered migrations make the tables its ODB entities expect?

Runs the migrations on one empty SQLite database and ODB's own DDL on another, and names every column, key,
reference or unique index of the entities that the migrations make otherwise. The migrations may hold more:
tables for raw SQL, indexes, columns an INSERT of ODB may leave out.
"""
import argparse
import pathlib
import re
import sqlite3
import sys


def affinity(declared):
    """SQLite's own rule (datatype3.html, section 3.1): two spellings of one affinity are no drift."""
    name = declared.upper()
    for affinity_name, marks in (("INTEGER", ("INT",)), ("TEXT", ("CHAR", "CLOB", "TEXT")), ("BLOB", ("BLOB",)),
                                 ("REAL", ("REAL", "FLOA", "DOUB"))):
        if any(mark in name for mark in marks):
            return affinity_name
    return "BLOB" if not name else "NUMERIC"


def tables(database):
    rows = database.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")
    return {name for (name,) in rows}


def columns(database, table):
    found = {}
    for _, name, declared, not_null, default, key, hidden in database.execute(f'PRAGMA table_xinfo("{table}")'):
        found[name] = {"affinity": affinity(declared), "not_null": bool(not_null or key), "key": key,
                       "optional": default is not None or not (not_null or key) or hidden != 0}
    return found


def references(database, table):
    rows = database.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
    primary = {name: column for name in {row[2] for row in rows}
               for column, facts in columns(database, name).items() if facts["key"] == 1}
    return {(row[3], row[2], row[4] or primary.get(row[2])) for row in rows}


def unique_sets(database, table):
    found = set()
    for _, name, unique, _, _ in database.execute(f'PRAGMA index_list("{table}")'):
        if unique:
            found.add(tuple(sorted(str(row[2]) for row in database.execute(f'PRAGMA index_info("{name}")'))))
    return found


def drift(entities, migrated):
    """Sentences, one per difference; empty when the migrations serve the entities."""
    said = []
    for table in sorted(tables(entities)):
        if table not in tables(migrated):
            said.append(f"table {table} is an entity, no migration creates it")
            continue
        wanted, made = columns(entities, table), columns(migrated, table)
        for name, facts in wanted.items():
            if name not in made:
                said.append(f"column {table}.{name} is in the entity, no migration adds it")
                continue
            for fact in ("affinity", "not_null", "key"):
                if facts[fact] != made[name][fact]:
                    said.append(f"column {table}.{name}: {fact} is {facts[fact]} in the entity, "
                                f"{made[name][fact]} in the migrations")
        for name in made.keys() - wanted.keys():
            if not made[name]["optional"]:
                said.append(f"column {table}.{name} is not in the entity and has no default: every insert would fail")
        for column, target, key in references(entities, table) - references(migrated, table):
            said.append(f"column {table}.{column} refers to {target}({key}) in the entity, not in the migrations")
        for names in unique_sets(entities, table) - unique_sets(migrated, table):
            said.append(f"{table}({', '.join(names)}) is unique in the entity, not in the migrations")
    return said


def run(migrations, schemas):
    entities, migrated = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    for schema in schemas:
        entities.executescript(pathlib.Path(schema).read_text())
    said = []
    files = sorted(pathlib.Path(migrations).glob("*.sql"))
    if not files:
        return [f"{migrations}: no *.sql file"]
    for file in files:
        text = file.read_text()
        migrated.executescript(text)
        bare = re.sub(r"--[^\n]*", "", text)
        if re.search(r"(?<!NOT )\bDEFERRABLE\b", bare, re.I):
            said.append(f"{file.name}: a deferrable key passes RELEASE and fails the COMMIT of the whole group")
    return said + drift(entities, migrated)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--migrations", required=True, help="folder of numbered SQL files for SQLite")
    parser.add_argument("schemas", nargs="+", help="the .sql files ODB generated")
    options = parser.parse_args()
    said = run(options.migrations, options.schemas)
    for sentence in said:
        print(sentence)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
