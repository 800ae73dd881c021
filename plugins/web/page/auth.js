// Who is signed in. The session is an HttpOnly cookie; the access token lives in this module only and is fetched anew from
// the session a minute before it ends.
import { config } from "./config.js";

export class AuthError extends Error {
  constructor(status, code, message, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export const auth = new EventTarget(); // "token" when there is a new one, "signed-out" when the session ended

let token = null;
let expires = 0;
let fetching = null;
let timer = 0;

async function call(method, path, body) {
  const answer = await fetch(config.auth + path, {
    method,
    credentials: config.auth.startsWith(location.origin) ? "same-origin" : "include",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
    signal: AbortSignal.timeout(15000),
  });
  const result = await answer.json().catch(() => null);
  if (answer.ok) return result;
  throw new AuthError(answer.status, result?.code ?? "", result?.message ?? result?.detail ?? "", Number(answer.headers.get("retry-after")) || 0);
}

export function claims(jwt) {
  const middle = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (c) => c.charCodeAt(0))));
}

function keep(fresh) {
  // Another tab of this browser signed in as somebody else: nothing of the first may mix with the second.
  if (token && claims(token).sub !== claims(fresh).sub) location.reload();
  token = fresh;
  expires = claims(fresh).exp * 1000;
  clearTimeout(timer);
  // A clock that is wrong here must not lead to a storm of requests: at least ten seconds between two.
  timer = setTimeout(() => refresh().catch(() => {}), Math.max(10000, Math.min(expires - Date.now() - 60000, 2 ** 31 - 1)));
  auth.dispatchEvent(new Event("token"));
  return token;
}

function forget() {
  const had = token !== null;
  token = null;
  clearTimeout(timer);
  if (had) auth.dispatchEvent(new Event("signed-out"));
}

// A new access token from the session; null when there is no session. Calls at the same time share one request.
export function refresh() {
  fetching ??= call("GET", "/token")
    .then((answer) => keep(answer.token))
    .catch((error) => {
      if (error instanceof AuthError && error.status === 401) return forget(), null;
      throw error;
    })
    .finally(() => (fetching = null));
  return fetching;
}

// The token to send now.
export async function accessToken() {
  return token && Date.now() < expires - 5000 ? token : refresh();
}

export const me = () => (token ? claims(token).sub : null);
export const session = () => call("GET", "/get-session");

export async function signUp(name, email, password) {
  await call("POST", "/sign-up/email", { name, email, password });
  return refresh();
}

export async function signIn(email, password) {
  await call("POST", "/sign-in/email", { email, password });
  return refresh();
}

export async function signOut() {
  await call("POST", "/sign-out", {}).catch((error) => {
    if (!(error instanceof AuthError)) throw error; // no connection: the cookie is still there
  });
  forget();
}
