#!/usr/bin/env python3
"""A second verifier of audit bundles, after docs/audit.md: hashlib and python3-cryptography, nothing of the project's code.

usage: verify.py VKEY BUNDLE [PIN...]    prints GOOD <from> <to>, TAMPERED <index> <reason> or UNCHECKED <size> pin
"""
import base64
import hashlib
import json
import pathlib
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def need(ok, *verdict):
    if not ok:
        raise Exception(verdict)
    return ok

def attempt(work, *arguments):
    try:  # None where the input is not what it must be
        return work(*arguments)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, InvalidSignature, AssertionError, RecursionError):
        return None

def unbase64(text, size=None):
    out = base64.b64decode(text.encode("ascii"), validate=True)
    assert base64.b64encode(out).decode() == text and size in (None, len(out))
    return out

def flat(line):
    def members(pairs):  # unique names; texts without lone surrogates, whole numbers, true and false
        assert len(dict(pairs)) == len(pairs) and all(type(v) is bool or type(v) is int and 0 <= v < 10**18 or v.encode() + n.encode() for n, v in pairs)
        return dict(pairs)
    return {**json.loads(line.decode(), object_pairs_hook=members)}

def verifier_key(vkey):
    name, identity, raw = (unbase64(x, 33) if i == 2 else x for i, x in enumerate(vkey.strip().split("+", 2)))
    key_id = sha(name.encode(), b"\n", raw)[:4]
    assert raw[0] == 1 and key_id.hex() == identity
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])

def checkpoint(key, note):
    name, key_id, public = key
    text, signatures = note.split("\n\n", 1)
    origin, size, root = text.split("\n")[:3]
    assert note.endswith("\n") and origin == name and re.fullmatch(r"0|[1-9][0-9]{0,17}", size)
    lines = signatures.split("\n")[:-1]
    assert all(line.startswith("\u2014 ") for line in lines)
    ours = [attempt(unbase64, line[len(name) + 3:], 68) for line in lines if line.startswith(f"\u2014 {name} ")]
    assert any(raw and raw[:4] == key_id and attempt(lambda: public.verify(raw[4:], (text + "\n").encode()) or True) for raw in ours)
    return int(size), unbase64(root, 32)

def proof_holds(key, text, index, leaf):
    head, note = text.split("\n\n", 1)
    lines = [line for line in head.split("\n") if not line.startswith("extra ")]
    size, root = checkpoint(key, note)
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {index}"] and index < size and len(lines) <= 65
    fn, sn = index, size - 1  # RFC 9162 section 2.1.3.2
    for p in (unbase64(line, 32) for line in lines[2:]):
        assert sn != 0
        right = fn & 1 or fn == sn
        leaf = sha(b"\1", p, leaf) if right else sha(b"\1", leaf, p)
        while right and not fn & 1 and fn:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and leaf == root

def cover(begin, end):
    while begin < end:  # widths of the largest aligned subtrees that make up [begin, end)
        width = 1 << ((end - begin).bit_length() - 1)
        yield min(width, begin & -begin or width)
        begin += min(width, begin & -begin or width)

def fold(parts):
    stack = []  # (width, hash) of complete subtrees, side by side
    for width, h in parts:
        while stack and stack[-1][0] == width:
            h, width = sha(b"\1", stack.pop()[1], h), width * 2
        stack.append((width, h))
    out = stack.pop()[1] if stack else sha()
    while stack:
        out = sha(b"\1", stack.pop()[1], out)
    return out

def payload_holds(line):
    payload = unbase64(line["payload_b64"]) if "payload_b64" in line else line["payload"].encode()
    return base64.b64encode(sha(b"\2", unbase64(line["salt"], 32), payload)).decode() == flat(line["leaf"].encode())["pc"]

def verify(key, data, pins):
    head, cps, hashes, leaves, proofs, left, right = None, [], [], [], [], None, []
    for raw in filter(None, data.split(b"\n")):
        here = (head["from"] if head else 0) + len(leaves)
        line = need(attempt(flat, raw), here, "format")
        if head is None or "bundle" in line:
            shape = attempt(lambda: line["bundle"] == "evhost-audit@v1" and line["from"] < line["to"] <= line["size"] and line["origin"])
            head = need(shape and not head and line, here, "format")
            need(head["origin"] == key[0], head["from"], "origin")
        elif "checkpoint" in line:
            covered = min(max(cps[-1][0] if cps else 0, head["from"]), head["to"])
            cp = need(attempt(checkpoint, key, line["checkpoint"]), covered, "checkpoint")
            need(all(c[0] != cp[0] or c == cp for c in cps), head["from"], "checkpoint")
            need(not cps or cp[0] >= cps[-1][0] or cp in cps or cp[0] <= head["from"], covered, "checkpoint")
            cps += [cp] if not cps or cp[0] > cps[-1][0] else []
        elif "left" in line:
            left, right = need(attempt(lambda: [[unbase64(h, 32) for h in line[side].split()] for side in ("left", "right")]), here, "format")
        elif "hashes_from" in line:
            row = attempt(lambda: line["hashes_from"] == head["from"] + len(hashes) and unbase64(line["hashes"]))
            need(row and len(row) % 32 == 0, head["from"] + len(hashes), "hashes")
            hashes += [row[i:i + 32] for i in range(0, len(row), 32)]
        elif "proof_index" in line:
            proofs.append(need(attempt(lambda: (int(line["proof_index"]), line["proof"] + "")), here, "format"))
        else:
            leaves.append(need(attempt(lambda: line["leaf"].encode() and line["index"] >= 0 and line), here, "format"))
            need(all(attempt(unbase64, line.get(name, "")) is not None for name in ("salt", "payload_b64")), here, "payload")
    begin, end, size = need(head, 0, "format")["from"], head["to"], head["size"]
    need(cps and cps[-1][0] == size, min(max(cps[-1][0] if cps else 0, begin), end), "checkpoint")
    need(len(hashes) == end - begin, min(end, begin + len(hashes)), "hashes")
    before, after = list(cover(0, begin)), list(cover(end, size))
    need(left is not None and len(left) == len(before), begin, "hashes") and need(len(right) == len(after), end, "hashes")
    for i in range(begin, end):
        line = need([x for x in leaves[i - begin:][:1] if x["index"] == i], i, "order")[0]
        need(sha(b"\0", line["leaf"].encode()) == hashes[i - begin], i, "leaf")
        erased = line.get("redacted") is True and not {"salt", "payload", "payload_b64"} & set(line)
        need(erased or attempt(payload_holds, line), i, "payload")
    need(len(leaves) == end - begin, end, "order")
    root = lambda n: fold([*zip(before, left), *((1, h) for h in hashes[:n - begin]), *(zip(after, right) if n == size else ())])
    vouched = begin
    for n, r in (c for c in cps if begin < c[0] <= end or c[0] == size):
        need(root(n) == r, vouched, "root")
        vouched = min(n, end)
    for index, text in proofs:
        need(begin <= index < end and attempt(proof_holds, key, text, index, hashes[index - begin]), index, "proof")
    vouched, outside = begin, None
    for n, r in sorted(need(attempt(checkpoint, key, pin), begin, "pin") for pin in pins):
        inside = need(n <= size, size, "pin") and (n == size or begin < n <= end)
        need(not inside or root(n) == r, vouched, "pin")
        vouched, outside = (min(n, end), outside) if inside else (vouched, n)
    return f"UNCHECKED {outside} pin" if outside is not None else f"GOOD {begin} {end}"

if __name__ == "__main__":
    try:
        print(verify(verifier_key(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes(), [pathlib.Path(p).read_text() for p in sys.argv[3:]]))
    except Exception as tampered:
        print("TAMPERED", *tampered.args[0])
