// Somebody with an account: over REST, and in windows of a real browser.
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { join } from "node:path";

const { chromium } = createRequire(join(process.env.EVH_BROWSER_MODULES, "here.js"))("playwright-core");

export const ZONE = "Europe/Paris";

export const launch = () => chromium.launch({ executablePath: process.env.EVH_CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

export const someone = (name = "Ana") => ({ name, email: `${name.toLowerCase()}-${randomUUID().slice(0, 8)}@example.org`, password: `correct ${randomUUID().slice(0, 8)} staple` });

// A browser of one's own (cookies, storage) with the page open; errors of the page are collected in page.troubles, frames of
// its WebSocket in page.received ({at, ...frame}) and page.sent.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: ZONE, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.troubles = [];
  page.received = [];
  page.sent = [];
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text()) && page.troubles.push(message.text()));
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => page.received.push({ at: Date.now(), ...JSON.parse(payload) }));
    socket.on("framesent", ({ payload }) => page.sent.push(JSON.parse(payload)));
  });
  await page.goto(url);
  return page;
}

export async function signUp(page, who) {
  await page.locator("#swap").click();
  await page.locator("#name").fill(who.name);
  await page.locator("#email").fill(who.email);
  await page.locator("#password").fill(who.password);
  await page.locator("#door-submit").click();
  await live(page);
}

export async function signIn(page, who) {
  await page.locator("#email").fill(who.email);
  await page.locator("#password").fill(who.password);
  await page.locator("#door-submit").click();
  await live(page);
}

export const live = (page) => page.locator("#link-state[data-state=live]").waitFor();
export const row = (page, title) => page.locator(".task", { hasText: title });
export const place = (page, name) => page.evaluate((hash) => { location.hash = hash; }, `#${name}`);

// The same person without a browser: signs in as any client does, and speaks REST.
export async function client(url, who) {
  const entry = await fetch(`${url}/api/auth/sign-in/email`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: who.email, password: who.password }) });
  if (!entry.ok) throw new Error(`sign-in of ${who.email} answered ${entry.status}: ${await entry.text()}`);
  const session = entry.headers.get("set-auth-token");
  const { token } = await (await fetch(`${url}/api/auth/token`, { headers: { Authorization: `Bearer ${session}` } })).json();
  const call = async (method, path, body) => {
    const headers = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (!["GET", "POST"].includes(method)) headers["If-Match"] = "*";
    if (method === "POST") headers["Idempotency-Key"] = `"${randomUUID()}"`;
    const answer = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  };
  return { token, get: (path) => call("GET", path), post: (path, body) => call("POST", path, body), call };
}
