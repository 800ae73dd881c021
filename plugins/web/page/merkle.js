// Is a leaf in the tree? RFC 9162 (and 6962), section 2.1.3.2, with the browser's own SHA-256.
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
