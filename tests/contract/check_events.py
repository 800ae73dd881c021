#!/usr/bin/env python3
"""Holds recorded events against schemas/events/json: has every event a schema, and does it keep it?

usage: check_events.py <schemas/events/json> <recording.ndjson>...
A line: {topic, type, key, payload}; payload is the JSON text as it stands in the log.
"""
import collections
import json
import pathlib
import sys

import jsonschema


def localized(node):
    """References into the common file become references into the schema itself."""
    if isinstance(node, dict):
        return {key: value.replace("../common.schema.json#", "#") if key == "$ref" else localized(value) for key, value in node.items()}
    if isinstance(node, list):
        return [localized(value) for value in node]
    return node


class schemas:
    def __init__(self, folder):
        common = json.loads((folder / "common.schema.json").read_text(encoding="utf-8"))["$defs"]
        self.validators = {}
        for path in sorted(folder.glob("*/*.schema.json")):
            schema = localized(json.loads(path.read_text(encoding="utf-8")))
            schema["$defs"] = common
            jsonschema.Draft202012Validator.check_schema(schema)
            self.validators[(path.parent.name, path.name.removesuffix(".schema.json"))] = jsonschema.Draft202012Validator(schema)

    def check(self, record):
        validator = self.validators.get((record["topic"], record["type"]))
        if validator is None:
            return [f"no schema for {record['type']} on {record['topic']}"]
        try:
            payload = json.loads(record["payload"])
        except ValueError as wrong:
            return [f"no JSON: {wrong}"]
        said = [f"{'/'.join(map(str, error.absolute_path)) or 'payload'}: {error.message[:200]}" for error in validator.iter_errors(payload)]
        owner = payload.get("owner") or payload.get("user_id") or payload.get("task", {}).get("owner")
        if record["topic"] in ("task-events", "reminders", "notifications", "user-events") and owner and record.get("key") != owner:
            said.append(f"key {record.get('key')!r} is not the owner {owner!r}")
        return said


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    known, seen, wrong = schemas(pathlib.Path(arguments[0])), collections.Counter(), []
    for name in arguments[1:]:
        path = pathlib.Path(name)
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as recording:
            for number, line in enumerate(recording, 1):
                record = json.loads(line)
                seen[(record["topic"], record["type"])] += 1
                wrong += [f"{path.name}:{number}: {record['type']}: {text}" for text in known.check(record)]
    for text in wrong[:50]:
        print(text)
    for (topic, kind), count in sorted(seen.items()):
        print(f"{count:8} {topic} {kind}")
    print(f"{sum(seen.values())} events of {len(seen)} types, {len(wrong)} breaches")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
