#!/usr/bin/env python3
"""The tamper matrix: every way to falsify an exported log, and the first bad index each verifier must name.

usage: tamper_test.py <evhost-audit-verify> <verify.py>

Bundles are written here, by neither the log nor a verifier, over keys made here; so the attacker of a row can have whatever
the row says: an editor, a re-hasher, or the thief of the signing key.
"""
import base64
import copy
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


def mth(hashes):
    """RFC 6962 section 2.1, as it stands there."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha()
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha(b"\1", mth(hashes[:k]), mth(hashes[k:]))


def path(m, hashes):
    if len(hashes) == 1:
        return []
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return path(m, hashes[:k]) + [mth(hashes[k:])] if m < k else path(m - k, hashes[k:]) + [mth(hashes[:k])]


def cover(hashes, begin, end):
    out = []
    while begin < end:
        width = 1 << ((end - begin).bit_length() - 1)
        width = min(width, begin & -begin) if begin else width
        out.append(mth(hashes[begin:begin + width]))
        begin += width
    return out


class signer:
    def __init__(self, name, seed):
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        raw = b"\1" + self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha(name.encode(), b"\n", raw)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(raw)}"

    def sign(self, size, root, origin=None, extra=""):
        text = f"{origin or self.name}\n{size}\n{b64(root)}\n{extra}"
        return f"{text}\n\u2014 {self.name} {b64(self.id + self.key.sign(text.encode()))}\n"


class log:
    def __init__(self, count, by, word="event"):
        self.by, self.entries = by, []
        for i in range(count):
            payload, salt = f'{{"n":{i},"text":"{word} \u00e9"}}', sha(b"salt", bytes([i % 256]))
            leaf = {"v": 1, "id": f"id-{i}", "t": 1000 + i, "src": f"task-events/0@{i}", "type": "t", "actor": "aa", "res": "",
                    "pc": b64(sha(b"\2", salt, payload.encode()))}
            self.entries.append((json.dumps(leaf, separators=(",", ":")), b64(salt), payload))

    def hashes(self):
        return [sha(b"\0", leaf.encode()) for leaf, _, _ in self.entries]

    def checkpoint(self, size):
        return self.by.sign(size, mth(self.hashes()[:size]))

    def proof(self, index, size):
        lines = "".join(b64(h) + "\n" for h in path(index, self.hashes()[:size]))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{self.checkpoint(size)}"

    def bundle(self, begin=0, end=None, checkpoints=None, redacted=()):
        h, size = self.hashes(), len(self.entries)
        end = end or size
        lines = [{"bundle": "evhost-audit@v1", "origin": self.by.name, "from": begin, "to": end, "size": size, "vkey": self.by.vkey}]
        lines += [{"checkpoint": self.checkpoint(n)} for n in (checkpoints or [size // 4, size // 2, size]) if n > begin]
        lines.append({"left": " ".join(map(b64, cover(h, 0, begin))), "right": " ".join(map(b64, cover(h, end, size)))})
        for i in range(begin, end, 16):
            lines.append({"hashes_from": i, "hashes": b64(b"".join(h[i:min(i + 16, end)]))})
        for i in range(begin, end):
            leaf, salt, payload = self.entries[i]
            lines.append({"index": i, "leaf": leaf, "redacted": True} if i in redacted else {"index": i, "leaf": leaf, "salt": salt, "payload": payload})
        return lines + [{"proof_index": i, "proof": self.proof(i, size)} for i in (begin, end - 1)]


US, THIEF = signer("test/log", 1), signer("test/log", 2)
OTHER = signer("other/log", 1)
COUNT, K = 50, 21   # 50 leaves, checkpoints at 12, 25 and 50; the row's victim is leaf 21


def flip(text, at=-3):
    """Another character of the same alphabet, one bit away where there is one."""
    c = text[at]
    return text[:at] + chr(ord(c) ^ 1) + text[at:][1:]


def leaf_at(lines, index):
    return next(i for i, line in enumerate(lines) if line.get("index") == index)


def with_(lines, **change):
    """The bundle with lines changed: name_of_kind=function(line)."""
    out = copy.deepcopy(lines)
    for kind, edit in change.items():
        for line in out:
            if kind in line:
                edit(line)
                break
    return out


def edited(index, **members):
    lines = log(COUNT, US).bundle(redacted=(30,))
    line = lines[leaf_at(lines, index)]
    for name, value in members.items():
        line[name] = value(line.get(name)) if callable(value) else value
    return lines


def renumbered(change):
    lines = log(COUNT, US).bundle()
    first = leaf_at(lines, 0)
    leaves = [line for line in lines if "index" in line]
    change(leaves)
    for i, line in enumerate(leaves):
        line["index"] = i
    return lines[:first] + leaves + [line for line in lines if "proof_index" in line]


def rewritten(by, word="forged", count=COUNT):
    forged = log(COUNT, by)
    other = log(COUNT, by, word)
    forged.entries[K] = other.entries[K]
    forged.entries = forged.entries[:count]
    return forged


def swap(leaves):
    leaves[K], leaves[K + 1] = leaves[K + 1], leaves[K]


def newest(lines, text):
    out = copy.deepcopy(lines)
    [line for line in out if "checkpoint" in line][-1]["checkpoint"] = text
    return out


def proof(lines, edit):
    return with_(lines, proof_index=lambda line: line.update(proof=edit(line["proof"])))


def rows():
    clean = log(COUNT, US)
    whole = clean.bundle()
    pins = [clean.checkpoint(12), clean.checkpoint(25), clean.checkpoint(COUNT)]
    root = mth(clean.hashes())
    foreign = lambda leaf: leaf.replace("id-", "ID-")
    hashes = lambda lines: [line for line in lines if "hashes" in line]

    yield "clean", whole, pins, "GOOD 0 50"
    yield "clean with an erased payload", clean.bundle(redacted=(K, 30)), [], "GOOD 0 50"
    yield "clean part", clean.bundle(13, 37), [clean.checkpoint(25)], "GOOD 13 37"
    yield "clean single leaf", clean.bundle(49, 50), [], "GOOD 49 50"
    yield "clean, many sizes", log(1, US).bundle(checkpoints=[1]), [], "GOOD 0 1"
    yield "pin outside the part", clean.bundle(13, 37), [clean.checkpoint(12)], "UNCHECKED 12 pin"

    yield "bit of a leaf", edited(K, leaf=foreign), [], f"TAMPERED {K} leaf"
    yield "bit of a payload", edited(K, payload=lambda p: flip(p)), [], f"TAMPERED {K} payload"
    yield "bit of a salt", edited(K, salt=lambda s: flip(s, 3)), [], f"TAMPERED {K} payload"
    yield "salt that is no base64", edited(K, salt="!!"), [], f"TAMPERED {K} payload"
    yield "erased payload replaced, other salt", edited(30, salt=b64(bytes(32)), payload=clean.entries[30][2], redacted=True), [], "TAMPERED 30 payload"
    yield "erased payload replaced, said not erased", edited(30, salt=b64(bytes(32)), payload="x", redacted=False), [], "TAMPERED 30 payload"
    yield "payload taken away", [{k: v for k, v in line.items() if not (line.get("index") == K and k == "payload")} for line in whole], [], f"TAMPERED {K} payload"
    yield "bit of a hash row", with_(whole, hashes_from=lambda line: line.update(hashes=flip(line["hashes"], 300))), [], None
    yield "hash row cut", with_(whole, hashes_from=lambda line: line.update(hashes=b64(base64.b64decode(line["hashes"])[:-32]))), [], "TAMPERED 15 hashes"
    yield "last hash row gone", [line for line in whole if line is not hashes(whole)[-1]], [], "TAMPERED 48 hashes"
    yield "left edge one too many", with_(clean.bundle(13, 37), left=lambda line: line.update(left=line["left"] + " " + b64(root))), [], "TAMPERED 13 hashes"
    yield "right edge one too few", with_(clean.bundle(13, 37), left=lambda line: line.update(right=line["right"].rpartition(" ")[0])), [], "TAMPERED 37 hashes"
    yield "right edge falsified", with_(clean.bundle(13, 37), left=lambda line: line.update(right=flip(line["right"], 3))), [], "TAMPERED 25 root"

    yield "leaf deleted", [line for line in whole if line.get("index") != K], [], f"TAMPERED {K} order"
    yield "leaf deleted, renumbered", renumbered(lambda leaves: leaves.pop(K)), [], f"TAMPERED {K} leaf"
    yield "leaf inserted, renumbered", renumbered(lambda leaves: leaves.insert(K, dict(leaves[3]))), [], f"TAMPERED {K} leaf"
    yield "leaf duplicated, renumbered", renumbered(lambda leaves: leaves.insert(K, dict(leaves[K]))), [], f"TAMPERED {K + 1} leaf"
    yield "leaves swapped, renumbered", renumbered(swap), [], f"TAMPERED {K} leaf"
    yield "leaf added behind the last", whole + [dict(whole[leaf_at(whole, 3)], index=COUNT)], [], "TAMPERED 50 order"
    yield "tail truncated", [line for line in whole if line.get("index", 0) < 45], [], "TAMPERED 45 order"
    yield "line that is no JSON", whole[:leaf_at(whole, K)] + ["{]"] + whole[leaf_at(whole, K):], [], f"TAMPERED {K} format"
    yield "member twice", whole[:leaf_at(whole, K)] + ['{"index":21,"index":21,"leaf":"x"}'] + whole[leaf_at(whole, K):], [], f"TAMPERED {K} format"

    rehashed = rewritten(US).bundle()
    for line, honest in zip(rehashed, whole):
        if "checkpoint" in line:
            line["checkpoint"] = honest["checkpoint"]
    yield "whole tree hashed anew, checkpoints kept", rehashed, [], "TAMPERED 12 root"
    yield "whole tree hashed anew, signed by a stranger's key", rewritten(THIEF).bundle(), [], "TAMPERED 0 checkpoint"
    yield "whole tree hashed anew and signed, nothing pinned", rewritten(US).bundle(), [], "GOOD 0 50"
    yield "whole tree hashed anew and signed, one pin", rewritten(US).bundle(), pins[1:2], "TAMPERED 0 pin"
    yield "whole tree hashed anew and signed, all pins", rewritten(US).bundle(), pins, "TAMPERED 12 pin"
    yield "rolled back", rewritten(US, count=40).bundle(), pins[2:], "TAMPERED 40 pin"
    yield "fork at the pinned size", rewritten(US).bundle(), pins[2:], "TAMPERED 0 pin"
    yield "two trees of one size in a bundle", whole[:4] + [{"checkpoint": rewritten(US).checkpoint(COUNT)}] + whole[4:], [], "TAMPERED 0 checkpoint"
    yield "old checkpoint replayed", newest(whole, clean.checkpoint(40)), [], "TAMPERED 40 checkpoint"
    yield "newest checkpoint gone", [line for i, line in enumerate(whole) if i != 3], [], "TAMPERED 25 checkpoint"
    yield "no checkpoint", [line for line in whole if "checkpoint" not in line], [], "TAMPERED 0 checkpoint"
    yield "bit of a checkpoint's root", newest(whole, flip(clean.checkpoint(COUNT), 20)), [], "TAMPERED 25 checkpoint"
    yield "bit of a signature", newest(whole, flip(clean.checkpoint(COUNT), -10)), [], "TAMPERED 25 checkpoint"
    yield "checkpoint of another origin", newest(whole, US.sign(COUNT, root, origin="other/log")), [], "TAMPERED 25 checkpoint"
    yield "bundle of another origin", with_(whole, bundle=lambda line: line.update(origin="other/log")), [], "TAMPERED 0 origin"
    yield "signed by another log's key of the same bytes", newest(whole, OTHER.sign(COUNT, root, origin="test/log")), [], "TAMPERED 25 checkpoint"
    yield "wrong key id", newest(whole, clean.checkpoint(COUNT).replace(b64(US.id)[:5], b64(OTHER.id)[:5])), [], "TAMPERED 25 checkpoint"
    yield "size that is not canonical", newest(whole, US.sign("050", root)), [], "TAMPERED 25 checkpoint"
    yield "extension line edited", newest(whole, US.sign(COUNT, root, extra="ext a\n").replace("ext a", "ext b")), [], "TAMPERED 25 checkpoint"
    yield "extension line signed", newest(whole, US.sign(COUNT, root, extra="ext a\n")), [], "GOOD 0 50"
    yield "checkpoint cut", newest(whole, clean.checkpoint(COUNT)[:-1]), [], "TAMPERED 25 checkpoint"
    yield "checkpoint in between of another tree", with_(whole, checkpoint=lambda line: line.update(checkpoint=rewritten(US, count=40).by.sign(12, root))), [], "TAMPERED 0 root"
    yield "pin by a stranger", whole, [THIEF.sign(COUNT, root)], "TAMPERED 0 pin"

    good = clean.proof(0, COUNT)
    yield "proof one hash too long", proof(whole, lambda p: p.replace("\n\n", f"\n{b64(root)}\n\n", 1)), [], "TAMPERED 0 proof"
    yield "proof one hash too short", proof(whole, lambda p: "\n".join(p.split("\n")[:2] + p.split("\n")[3:])), [], "TAMPERED 0 proof"
    yield "proof of an index beyond the size", with_(whole, proof_index=lambda line: line.update(proof_index=50, proof=good.replace("index 0", "index 50"))), [], "TAMPERED 50 proof"
    yield "proof of another index", proof(whole, lambda p: p.replace("index 0", "index 1")), [], "TAMPERED 0 proof"
    yield "proof with index 00", proof(whole, lambda p: p.replace("index 0", "index 00")), [], "TAMPERED 0 proof"
    yield "bit of a proof's hash", proof(whole, lambda p: flip(p, 40)), [], "TAMPERED 0 proof"
    yield "header claims more", with_(whole, bundle=lambda line: line.update(to=51, size=51)), [], "TAMPERED 50 checkpoint"
    yield "no header", whole[1:], [], "TAMPERED 0 format"
    yield "empty", [], [], "TAMPERED 0 format"


def text_of(lines):
    return "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False, separators=(",", ":"))) + "\n" for line in lines)


def verdicts(folder, programs, text, pins):
    bundle = folder / "bundle.ndjson"
    bundle.write_bytes(text if isinstance(text, bytes) else text.encode())
    names = []
    for i, pin in enumerate(pins):
        names.append(folder / f"pin-{i}")
        names[-1].write_text(pin)
    cpp = [programs[0], "--key", US.vkey, "--bundle", bundle, *(x for n in names for x in ("--pin", n))]
    said = [subprocess.run(command, capture_output=True, text=True, check=False) for command in (cpp, [sys.executable, programs[1], US.vkey, bundle, *names])]
    codes = {"GOOD": 0, "TAMPERED": 80, "UNCHECKED": 81}
    if codes.get(said[0].stdout.split(" ")[0]) != said[0].returncode:
        return [f"exit {said[0].returncode} with {said[0].stdout.strip()}", said[1].stdout.strip()]
    return [each.stdout.strip() or each.stderr.strip()[-200:] for each in said]


def main(programs):
    wrong, count = 0, 0
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for name, lines, pins, expected in rows():
            said = verdicts(folder, programs, text_of(lines), pins)
            count += 1
            ok = said[0] == said[1] and (said[0] == expected if expected else said[0].startswith("TAMPERED"))
            wrong += not ok
            print(f"{'ok   ' if ok else 'WRONG'} {name}: {' | '.join(dict.fromkeys(said))}" + ("" if ok else f" (expected {expected})"))
        # Bundles of neighbouring ranges under one size, as a long export has them: the C++ verifier reads them as one.
        parts = [log(COUNT, US).bundle(0, 20, [12, COUNT]), log(COUNT, US).bundle(20, 35, [25, COUNT]), log(COUNT, US).bundle(35, 50, [COUNT])]
        for name, chosen, expected in (("three parts", parts, "GOOD 0 50"), ("a part missing", parts[::2], "TAMPERED 20 order"),
                                       ("an edited part", [parts[0], with_(parts[1], leaf=lambda line: line.update(leaf="{}")), parts[2]], "TAMPERED 20 leaf")):
            said = verdicts(folder, programs, "".join(map(text_of, chosen)), [log(COUNT, US).checkpoint(25)])[0]
            count += 1
            wrong += said != expected
            print(f"{'ok   ' if said == expected else 'WRONG'} {name}: {said}")
        # One flipped bit anywhere in the file is never good for both unless neither reads that byte, and they never disagree.
        text = text_of(log(9, US).bundle(checkpoints=[4, 9], redacted=(5,))).encode()
        for at in range(0, len(text), 97):
            flipped = text[:at] + bytes([text[at] ^ (1 << at % 7)]) + text[at + 1:]
            said = verdicts(folder, programs, flipped, [])
            count += 1
            if said[0] != said[1]:
                wrong += 1
                print(f"WRONG bit {at % 7} of byte {at} ({text[max(0, at - 20):at + 20]}): {said}")
    print(f"{count} bundles, {wrong} wrong verdicts")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
