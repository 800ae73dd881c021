// Is a leaf in the tree, is the content what the leaf says, did the key sign the root? RFC 9162 section 2.1.3.2 and the text
// formats of c2sp.org (signed-note, tlog-checkpoint), with the browser's own SHA-256 and Ed25519.
const join = (...parts) => {
  const out = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) out.set(part, at), (at += part.length);
  return out;
};

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const node = (left, right) => sha256(join(Uint8Array.of(1), left, right));

export const leafHash = (bytes) => sha256(join(Uint8Array.of(0), bytes));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

// The root that leaf and path lead to; null when the path does not fit index and size. Indexes are safe integers.
export async function rootOf(leaf, index, size, path) {
  if (!(index >= 0 && index < size)) return null;
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return null;
    if (position % 2 === 1 || position === last) {
      hash = await node(sibling, hash);
      while (position % 2 === 0 && position !== 0) (position = Math.floor(position / 2)), (last = Math.floor(last / 2));
    } else {
      hash = await node(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : null;
}

// What a leaf says of its content: SHA-256(0x02 || salt || payload).
export const commitment = (salt, payload) => sha256(join(Uint8Array.of(2), salt, payload));

// "origin\nsize\nroot\n\n— name signature\n": {origin, size, root, text, lines}
export function readCheckpoint(note) {
  const end = note.indexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  return { origin, size: Number(size), root: fromBase64(root), text, lines: note.slice(end + 2).split("\n").filter(Boolean) };
}

// true or false; null where this browser has no Ed25519.
export async function signedBy(checkpoint, vkey) {
  const [name, id, ...rest] = vkey.split("+");
  const key = fromBase64(rest.join("+")); // base64 may hold a plus
  const line = checkpoint.lines.find((one) => one.startsWith(`\u2014 ${name} `));
  if (!line || key[0] !== 1) return false;
  const signature = fromBase64(line.slice(name.length + 3));
  if (toHex(signature.slice(0, 4)) !== id) return false;
  const known = await crypto.subtle.importKey("raw", key.slice(1), { name: "Ed25519" }, false, ["verify"]).catch(() => null);
  return known && crypto.subtle.verify("Ed25519", known, signature.slice(4), new TextEncoder().encode(checkpoint.text));
}
