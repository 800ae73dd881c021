"""Turns openapi.yaml into the JSON document the host serves; refuses duplicate keys and references that lead nowhere."""
import argparse
import json
import pathlib
import sys

import yaml


class unique_keys(yaml.SafeLoader):
    """YAML takes the last of two equal keys; a path or a property written twice is a mistake here."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


# Dates stay strings: an example such as 2026-08-19 is text in JSON.
unique_keys.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--version")
    arguments = parser.parse_args()
    document = yaml.load(arguments.source.read_text(encoding="utf-8"), Loader=unique_keys)
    if arguments.version:
        document["info"]["version"] = arguments.version
    for reference in references(document):
        try:
            resolve(document, reference)
        except (KeyError, IndexError, TypeError):
            sys.exit(f"{arguments.source.name}: {reference} leads nowhere")
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    arguments.target.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


main()
