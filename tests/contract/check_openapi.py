#!/usr/bin/env python3
"""Holds recorded exchanges against schemas/api/openapi.yaml: is every answer what the document promises, and nothing else?

usage: check_openapi.py <openapi.yaml> <recording.ndjson>...
A line: {method, path, request_headers, request_body, status, headers, body}, as tests/support/http_client writes it.
"""
import collections
import json
import pathlib
import re
import sys

import jsonschema
import yaml


class checker:
    def __init__(self, document):
        self.document = document
        self.paths = []
        for template, operations in document["paths"].items():
            pattern = re.compile("^" + "[^/]+".join(re.escape(part) for part in re.split(r"\{[a-z_]+\}", template)) + "$")
            self.paths.append((template.count("{"), template, pattern, operations))
        self.paths.sort(key=lambda entry: entry[:2])
        self.validators = {}
        self.seen = collections.Counter()

    def follow(self, node):
        while "$ref" in node:
            found = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def validate(self, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = {**schema, "components": self.document["components"]}
            self.validators[key] = jsonschema.Draft202012Validator(whole)
        return [f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:200]}" for error in self.validators[key].iter_errors(value)]

    def operation(self, method, path):
        for _, template, pattern, operations in self.paths:
            if pattern.match(path):
                return template, operations.get(method.lower())
        return None, None

    def check(self, exchange):
        """Sentences about what is wrong; none when the exchange keeps the contract."""
        status, method = int(exchange["status"]), exchange["method"]
        template, operation = self.operation(method, exchange["path"].split("?")[0])
        headers = {name.lower(): value for name, value in exchange["headers"].items()}
        if status < 200:
            return []
        if operation is None:
            return self.undocumented(template, exchange, status, headers)
        self.seen[(method, template, status)] += 1
        responses = operation["responses"]
        described = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
        if described is None:
            return [f"status {status} is not in the document"]
        described = self.follow(described)
        said = self.headers(described, headers)
        content = described.get("content")
        plain = "application/json" in (content or {}) and headers.get("content-type", "").startswith("application/json")
        if status >= 400 and content and "application/problem+json" in content and not plain:
            return said + self.problem(status, headers, exchange["body"], method)
        said += self.body(content, headers, exchange["body"], method)
        if status < 300:
            said += self.request(operation, exchange)
        return said

    def undocumented(self, template, exchange, status, headers):
        path, method = exchange["path"], exchange["method"]
        if status >= 400:
            return self.problem(status, headers, exchange["body"], method)
        outside = template is None and (not path.startswith("/api/v1/") or path.startswith("/api/v1/admin/"))
        if outside or method in ("HEAD", "OPTIONS"):
            return []    # a plugin's, a test's or the operator's own route
        return ["an answer of success on a path that is not in the document"]

    def headers(self, described, headers):
        said = []
        for name, header in described.get("headers", {}).items():
            header = self.follow(header)
            if name.lower() not in headers:
                if header.get("required"):
                    said.append(f"header {name} is missing")
            elif header["schema"].get("type") == "string":
                said += [f"header {name}: {text}" for text in self.validate(header["schema"], headers[name.lower()])]
        return said

    def body(self, content, headers, text, method):
        if not content or method == "HEAD":
            return ["a body where none belongs"] if text else []
        kind = headers.get("content-type", "").split(";")[0].strip()
        if kind not in content:
            return [f"content type {kind!r} is not in the document"]
        if "json" not in kind or kind == "application/x-ndjson":
            return []
        try:
            return self.validate(content[kind]["schema"], json.loads(text))
        except ValueError as wrong:
            return [f"no JSON: {wrong}"]

    def problem(self, status, headers, text, method):
        if method == "HEAD":
            return []
        if not headers.get("content-type", "").startswith("application/problem+json"):
            return [f"status {status} without a problem document"]
        try:
            document = json.loads(text)
        except ValueError as wrong:
            return [f"no JSON: {wrong}"]
        said = self.validate({"$ref": "#/components/schemas/Problem"}, document)
        if document.get("status") != status:
            said.append(f"the problem says {document.get('status')}, the answer {status}")
        return said

    def request(self, operation, exchange):
        """What was accepted must be what the document says is accepted."""
        described = operation.get("requestBody")
        text = exchange.get("request_body") or ""
        if described is None or not text:
            return []
        schema = next(iter(described["content"].values()))["schema"]
        try:
            return ["accepted request: " + each for each in self.validate(schema, json.loads(text))]
        except ValueError:
            return ["accepted a request that is no JSON"]


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    document = yaml.safe_load(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    check, lines, wrong = checker(document), 0, []
    for name in arguments[1:]:
        path = pathlib.Path(name)
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as recording:
            for number, line in enumerate(recording, 1):
                lines += 1
                exchange = json.loads(line)
                for text in check.check(exchange):
                    wrong.append(f"{path.name}:{number}: {exchange['method']} {exchange['path'][:80]} -> {exchange['status']}: {text}")
    for text in wrong[:50]:
        print(text)
    operations = {(method, template) for method, template, _ in check.seen}
    promised = {(method.upper(), template) for template, each in document["paths"].items() for method in each}
    unseen = sorted(promised - operations)
    print(f"{lines} exchanges, {len(operations)} of {len(promised)} operations seen, {len(wrong)} breaches")
    if unseen and lines:
        print("not seen: " + ", ".join(f"{method} {template}" for method, template in unseen))
    return 1 if wrong or lines == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
