// Better Auth's own client signs up, in and out against the host at argv[2]; jose verifies the host's tokens with its key
// set. Prints one line per step; exits 1 at the first that fails.
import assert from "node:assert/strict";
import { createAuthClient } from "better-auth/client";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";

const base = process.argv[2];
const jar = new Map();

// A browser's part: it keeps cookies and says where the page comes from.
async function browserFetch(input, init = {}) {
  const headers = new Headers(init.headers);
  headers.set("Origin", base);
  if (jar.size) headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
  const answer = await fetch(input, { ...init, headers });
  for (const line of answer.headers.getSetCookie?.() ?? [answer.headers.get("set-cookie")].filter(Boolean)) {
    const [pair, ...attributes] = line.split("; ");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    if (attributes.includes("Max-Age=0")) jar.delete(name);
    else jar.set(name, value);
  }
  return answer;
}

const client = createAuthClient({ baseURL: base, fetchOptions: { customFetchImpl: browserFetch } });
const email = "ann@example.com", password = "correct horse";
function good({ data, error }) {
  assert.equal(error, null, JSON.stringify(error));
  return data;
}
async function step(what, run) {
  await run();
  console.log(`ok ${what}`);
}

await step("sign up", async () => {
  const made = good(await client.signUp.email({ name: "Ann", email, password }));
  assert.equal(made.user.email, email);
  assert.equal(made.token.length, 32);
  assert.ok(jar.has("better-auth.session_token"));
});

await step("an account cannot be made twice", async () => {
  const { error } = await client.signUp.email({ name: "Ann", email, password });
  assert.equal(error.status, 422);
  assert.equal(error.code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
});

await step("sign out", async () => {
  assert.equal(good(await client.signOut()).success, true);
  assert.equal(jar.has("better-auth.session_token"), false);
  assert.equal(good(await client.getSession()), null);
});

await step("a wrong password is refused", async () => {
  const { error } = await client.signIn.email({ email, password: "wrong horse" });
  assert.equal(error.status, 401);
  assert.equal(error.code, "INVALID_EMAIL_OR_PASSWORD");
});

await step("sign in", async () => {
  assert.equal(good(await client.signIn.email({ email, password })).user.email, email);
});

let access;
await step("refresh: get-session and token", async () => {
  const session = good(await client.getSession({ fetchOptions: { onSuccess: (c) => (access = c.response.headers.get("set-auth-jwt")) } }));
  assert.equal(session.user.email, email);
  assert.ok(new Date(session.session.expiresAt) > new Date());
  assert.ok(access);
  access = good(await client.$fetch("/token")).token;
});

await step("jose verifies the token with the key set", async () => {
  const keys = createRemoteJWKSet(new URL(`${base}/api/auth/jwks`));
  const { iss } = JSON.parse(Buffer.from(access.split(".")[1], "base64url"));
  const { payload } = await jwtVerify(access, keys, { issuer: iss, audience: iss, algorithms: ["EdDSA"] });
  assert.equal(payload.email, email);
  assert.equal(payload.sub, payload.id);
  assert.equal(payload.exp - payload.iat, 900);
  assert.equal(decodeProtectedHeader(access).alg, "EdDSA");
});

await step("the api takes it", async () => {
  const answer = await fetch(`${base}/api/v1/tasks`, { headers: { Authorization: `Bearer ${access}` } });
  assert.equal(answer.status, 200);
});

await step("list and revoke sessions", async () => {
  const sessions = good(await client.listSessions());
  assert.equal(sessions.length, 1);
  good(await client.signIn.email({ email, password }));
  good(await client.revokeOtherSessions());
  assert.equal(good(await client.listSessions()).length, 1);
});

await step("change the password", async () => {
  good(await client.changePassword({ currentPassword: password, newPassword: "battery staple", revokeOtherSessions: true }));
  assert.equal((await client.signIn.email({ email, password })).error.status, 401);
  assert.equal(good(await client.getSession()).user.email, email);
});

await step("sign out ends the access token", async () => {
  access = good(await client.$fetch("/token")).token;
  good(await client.signOut());
  for (const begun = Date.now(); ; ) {
    const { status } = await fetch(`${base}/api/v1/tasks`, { headers: { Authorization: `Bearer ${access}` } });
    if (status === 401) break;
    assert.ok(Date.now() - begun < 1000, "the token still works after a second");
  }
});
