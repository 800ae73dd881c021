// REST: one call() that sends the token, understands problem documents, and tells "refused" from "not reached".
import { config } from "./config.js";
import { accessToken, refresh, AuthError } from "./auth.js";

// The server said no: code and detail are its own words.
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail || problem?.title || `The server answered ${status}.`);
    this.status = status;
    this.code = problem?.code ?? "";
    this.errors = problem?.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

// No answer, or one that says "later": the same request may be sent again.
export class Unreached extends Error {
  constructor(message, retryAfter = 0) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

// A UUIDv7, so that what the page makes has its name before the server answers.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let i = 5; i >= 0; --i, time = Math.floor(time / 256)) bytes[i] = time % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function send(method, path, { body, key, ifMatch } = {}, token) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (ifMatch) headers["If-Match"] = ifMatch;
  if (method === "POST") headers["Idempotency-Key"] = `"${key ?? newId()}"`;
  try {
    return await fetch(config.api + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20000),
    });
  } catch {
    throw new Unreached("The server cannot be reached.");
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// {status, body, text, etag, headers}; throws Refused or Unreached. A POST that is sent again must come with the same key.
export async function call(method, path, options = {}) {
  // One key for both attempts when the token has to be renewed in between.
  const sure = { ...options, key: options.key ?? newId() };
  let answer;
  try {
    answer = await send(method, path, sure, await accessToken());
    if (answer.status === 401) answer = await send(method, path, sure, await refresh());
  } catch (error) {
    if (error instanceof Unreached) throw error;
    if (error instanceof AuthError && error.status < 500 && error.status !== 429) throw error;
    throw new Unreached("The server cannot be reached.", error.retryAfter);
  }
  const text = await answer.text().catch(() => "");
  const body = parsed(text);
  const retryAfter = Number(answer.headers.get("retry-after")) || 0;
  if (answer.status === 429 || answer.status >= 500) throw new Unreached(body?.detail || "The server is busy.", retryAfter);
  if (!answer.ok) throw new Refused(answer.status, body, retryAfter);
  return { status: answer.status, body, text, etag: answer.headers.get("etag"), headers: answer.headers };
}

export const get = (path) => call("GET", path).then((answer) => answer.body);
export const post = (path, body, key) => call("POST", path, { body, key }).then((answer) => answer.body);

// Follows next_cursor; at most `pages` pages. {items, more}
export async function list(path, pages = 10) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < pages; ++page) {
    const answer = await get(path + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""));
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (!cursor) return { items, more: false };
  }
  return { items, more: true };
}
