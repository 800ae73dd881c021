// The page in headless Chromium against a host of its own: what the eyes and hands of a person meet.
//
// usage: run BUILD_DIR page_test.mjs EVHOST PLUGINS
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { Host, until } from "./host.mjs";
import { client, launch, live, open, place, row, signIn, signUp, someone } from "./person.mjs";

const [binary, plugins] = process.argv.slice(2);
const host = new Host(binary, plugins);
let browser;

before(async () => {
  await host.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await host.remove();
});

// A window of a new account; when body is done the page must have had no error, and no POST without an Idempotency-Key.
async function inside(body, options = {}) {
  const page = await open(browser, host.url, options);
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/api/v1/") && !request.headers()["idempotency-key"]) page.troubles.push(`no key: ${request.url()}`);
  });
  const who = someone();
  await signUp(page, who);
  await body(page, who);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

const add = async (page, title) => {
  await page.locator("#new-title").fill(title);
  await page.locator("#new-title").press("Enter");
  await row(page, title).waitFor();
};
const settled = (page, title) => row(page, title).and(page.locator(":not(.is-waiting)")).waitFor();

test("sign-up says at each field what is wrong with it", async () => {
  const page = await open(browser, host.url);
  await page.locator("#swap").click();
  await page.locator("#door-submit").click();
  assert.equal(await page.locator("#name-error").textContent(), "Tell us what to call you.");
  assert.equal(await page.locator("#email-error").textContent(), "Enter your e-mail.");
  assert.equal(await page.locator("#name").getAttribute("aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement.id), "name");
  await page.locator("#name").fill("Ana");
  await page.locator("#email").fill("nonsense");
  await page.locator("#password").fill("short");
  await page.locator("#door-submit").click();
  assert.match(await page.locator("#email-error").textContent(), /not an e-mail/);
  assert.match(await page.locator("#password-error").textContent(), /at least 8/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("the server's refusals stand at their field too", async () => {
  const who = someone();
  const first = await open(browser, host.url);
  await signUp(first, who);
  const page = await open(browser, host.url);
  await page.locator("#swap").click();
  await page.locator("#name").fill(who.name);
  await page.locator("#email").fill(who.email);
  await page.locator("#password").fill(who.password);
  await page.locator("#door-submit").click();
  await page.locator("#email-error", { hasText: "already" }).waitFor();
  await page.locator("#swap").click();
  await page.locator("#email").fill(who.email);
  await page.locator("#password").fill("not the password");
  await page.locator("#door-submit").click();
  await page.locator("#door-error", { hasText: "do not match" }).waitFor();
  await Promise.all([page.context().close(), first.context().close()]);
});

test("a session survives a reload and ends with sign-out", () => inside(async (page) => {
  await add(page, "stays after a reload");
  await settled(page, "stays after a reload");
  await page.reload();
  await row(page, "stays after a reload").waitFor();
  await page.locator("#account").click();
  await page.locator(".menu button", { hasText: "Sign out" }).click();
  await page.locator("#door-form").waitFor();
  await page.reload();
  await page.locator("#door-form").waitFor();
  assert.equal(await page.locator(".task").count(), 0);
}));

test("the access token is renewed a minute before it ends, for REST and the open WebSocket", async () => {
  const page = await open(browser, host.url);
  await page.clock.install();
  await page.reload();
  await signUp(page, someone());
  const auths = () => page.sent.filter((frame) => frame.type === "auth").length;
  const before = auths();
  const asked = page.waitForRequest("**/api/auth/token");
  await page.clock.fastForward("14:02"); // of the fifteen minutes it lives
  await asked;
  await until("the token on the socket", async () => auths() > before);
  await add(page, "after the renewal");
  await settled(page, "after the renewal");
  assert.equal(await page.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage }).length), 0, "no token is stored");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("the first sign-in saves the person's time zone", () => inside(async (page, who) => {
  const ana = await client(host.url, who);
  await until("the zone", async () => (await ana.get("/api/v1/preferences")).tz === "Europe/Paris");
}));

test("markup in a title, a reply and a reminder stays text", () => inside(async (page) => {
  const title = `<img src=x onerror="document.title='owned'"><b>bold</b>`;
  await add(page, title);
  await settled(page, title);
  assert.equal(await row(page, title).locator(".title").textContent(), title);
  await page.locator("#chat-input").fill(`add <script>document.title='owned'</script> tomorrow`);
  await page.locator("#chat-input").press("Enter");
  await page.locator(".said.it").waitFor();
  await place(page, "all");
  await row(page, "<script>").waitFor();
  assert.equal(await page.locator("#main img, #main b, #main script, .said script").count(), 0);
  assert.doesNotMatch(await page.title(), /owned/);
}));

test("a task is added with all the form offers, renamed, moved, completed, reopened, deleted and brought back", () => inside(async (page, who) => {
  await place(page, "all");
  await page.keyboard.press("q");
  await page.locator("#new-title").fill("write the report");
  await page.locator("#new-date").fill("2031-03-10");
  await page.locator("#new-time").fill("09:30");
  await page.locator("#new-priority").selectOption("high");
  await page.locator("#new-reminder").selectOption("-PT30M");
  await page.locator("#new-title").press("Enter");
  await settled(page, "write the report");
  const ana = await client(host.url, who);
  const [task] = (await ana.get("/api/v1/tasks")).items;
  assert.deepEqual([task.due, task.priority, task.reminders[0].offset], [{ local: "2031-03-10T09:30" }, "high", "-PT30M"]);

  await row(page, "write the report").locator(".title").click();
  await page.locator(".rename").fill("write the long report");
  await page.locator(".rename").press("Enter");
  await settled(page, "write the long report");
  await row(page, "write the long report").hover();
  await page.getByRole("button", { name: "Reschedule write the long report" }).click();
  await page.locator(".menu button", { hasText: "Tomorrow" }).click();
  await page.locator(".group", { hasText: "Tomorrow" }).locator(".task").waitFor();
  assert.equal((await until("the new day", async () => { const now = await ana.get(`/api/v1/tasks/${task.id}`); return now.due.local !== task.due.local && now; })).due.local.slice(11), "09:30");

  await page.getByRole("checkbox", { name: "Complete write the long report" }).click();
  await page.getByRole("checkbox", { name: "Reopen write the long report" }).click();
  await page.getByRole("checkbox", { name: "Complete write the long report" }).waitFor();
  await page.getByRole("button", { name: "Delete write the long report" }).click();
  await row(page, "write the long report").waitFor({ state: "detached" });
  await page.locator(".toast button", { hasText: "Undo" }).click();
  await row(page, "write the long report").waitFor();
}));

test("a second window follows, without a reload", () => inside(async (page, who) => {
  const second = await open(browser, host.url);
  await signIn(second, who);
  await add(page, "seen by both");
  await row(second, "seen by both").waitFor();
  await page.getByRole("checkbox", { name: "Complete seen by both" }).click();
  await row(second, "seen by both").waitFor({ state: "detached" });
  await second.context().close();
}));

test("offline: a banner, changes are kept and go out when the connection is back", () => inside(async (page, who) => {
  await add(page, "before");
  await settled(page, "before");
  await page.context().setOffline(true);
  await page.locator("#banner", { hasText: "offline" }).waitFor();
  await add(page, "made without a connection");
  await page.locator(".task .kept").first().waitFor();
  const ana = await client(host.url, who);
  assert.equal((await ana.get("/api/v1/tasks")).items.length, 1);
  await page.context().setOffline(false);
  await settled(page, "made without a connection");
  await page.locator("#banner").waitFor({ state: "hidden" });
  await live(page);
  assert.equal((await ana.get("/api/v1/tasks")).items.length, 2);
}));

test("a stream that cannot be resumed is loaded anew", () => inside(async (page, who) => {
  let cut;
  const asked = [];
  await page.routeWebSocket("**/api/v1/ws", (socket) => {
    const server = socket.connectToServer();
    cut = () => socket.close({ code: 1013, reason: "too slow" });
    socket.onMessage((message) => {
      const frame = JSON.parse(message);
      if (frame.type === "subscribe") asked.push(frame.since);
      if (frame.since) socket.send(JSON.stringify({ type: "resync_required", reason: "retention", epoch: "2-8", seq: 0 }));
      else server.send(message);
    });
  });
  await page.reload();
  await live(page);
  await cut();
  const ana = await client(host.url, who);
  await ana.post("/api/v1/tasks", { title: "in no frame" });
  await place(page, "all");
  await row(page, "in no frame").waitFor();
  await live(page);
  assert.equal(asked.length, 3);
  assert.deepEqual([asked[0], typeof asked[1].seq, asked[2]], [null, "number", null]);
}));

test("a reminder comes to every window, is counted, snoozed, rings again and is read", () => inside(async (page, who) => {
  const ana = await client(host.url, who);
  const task = await ana.post("/api/v1/tasks", { title: "take the cake out", reminders: [{ at: { instant: new Date(Date.now() + 1500).toISOString() } }] });
  await page.locator(".toast.reminder", { hasText: "take the cake out" }).waitFor();
  assert.equal(await page.locator(".to-inbox .badge").textContent(), "1");
  assert.match(await page.title(), /^\(1\)/);
  await page.locator(".toast button[aria-label=Dismiss]").click();
  await place(page, "inbox");
  await page.locator(".notice.is-unread").getByRole("button", { name: "Snooze" }).click();
  await page.locator(".menu button", { hasText: "1 hour" }).click();
  await page.locator(".notice.is-snoozed", { hasText: "snoozed until" }).waitFor();
  await page.locator(".to-inbox .badge").waitFor({ state: "hidden" });
  const again = (await ana.get("/api/v1/reminders")).items.find((one) => one.task_id === task.id);
  assert.ok(Math.abs(Date.parse(again.fire_at) - Date.now() - 3600000) < 60000, `rings again at ${again.fire_at}`);

  await ana.post("/api/v1/tasks", { title: "and let it cool", reminders: [{ at: { instant: new Date(Date.now() + 1500).toISOString() } }] });
  await page.locator(".notice.is-unread", { hasText: "and let it cool" }).getByRole("button", { name: "Mark read" }).click();
  await page.locator(".notice.is-read", { hasText: "and let it cool" }).waitFor();
}));

test("a recurring task: the form makes it, completing it brings exactly one next", () => inside(async (page, who) => {
  await place(page, "all");
  await page.locator("#new-title").fill("standup");
  await page.locator("#new-date").fill("2031-03-10");
  await page.locator("#new-time").fill("09:30");
  await page.locator("#new-repeat").selectOption("weekdays");
  await page.locator("#new-title").press("Enter");
  await settled(page, "standup");
  await row(page, "every weekday").waitFor();
  await page.getByRole("checkbox", { name: "Complete standup" }).click();
  await page.locator(".group", { hasText: "11 Mar 2031" }).locator(".task").waitFor();
  const ana = await client(host.url, who);
  assert.deepEqual((await ana.get("/api/v1/tasks?status=pending")).items.map((one) => one.due.local), ["2031-03-11T09:30"]);
}));

test("the server goes away and comes back: a banner, then what was missed, without a reload", () => inside(async (page, who) => {
  await add(page, "before the restart");
  await settled(page, "before the restart");
  await page.evaluate(() => (window.sameDocument = true));
  await host.stop();
  await page.locator("#banner", { hasText: "No connection" }).waitFor();
  await add(page, "made while it was away");
  await host.start();
  const ana = await client(host.url, who);
  await ana.post("/api/v1/tasks", { title: "made elsewhere", due: { date: new Date().toLocaleDateString("sv", { timeZone: "Europe/Paris" }) } });
  await row(page, "made elsewhere").waitFor({ timeout: 40000 });
  await settled(page, "made while it was away");
  await live(page);
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  assert.equal((await ana.get("/api/v1/tasks")).items.length, 3);
}));

test("an audit entry proves itself on the page, and a forged one is found out", () => inside(async (page) => {
  await add(page, "worth a proof");
  await settled(page, "worth a proof");
  const verify = async () => {
    await place(page, "audit");
    const entry = page.locator(".leaf", { hasText: "worth a proof" }).filter({ has: page.getByRole("button", { name: "Verify" }) }).first();
    await until("the leaf", async () => { await page.getByRole("button", { name: "Refresh" }).click(); return (await entry.count()) > 0; }, 10000, 250);
    await entry.getByRole("button", { name: "Verify" }).click();
  };
  await page.route("**/api/v1/audit/events/*/proof", async (route) => {
    const answer = await route.fetch();
    const proof = await answer.json();
    await route.fulfill({ response: answer, json: { ...proof, leaf: proof.leaf.replace('"v":1', '"v":2') } });
  });
  await verify();
  await page.locator(".proof.bad", { hasText: "does not lead to the signed root" }).waitFor();
  await page.unroute("**/api/v1/audit/events/*/proof");
  await verify();
  await page.locator(".proof.good", { hasText: "the content is unaltered" }).waitFor();
}));

test("a session ended elsewhere closes the door here", () => inside(async (page, who) => {
  const session = (await (await fetch(`${host.url}/api/auth/sign-in/email`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: who.email, password: who.password }) })).json()).token;
  const ended = await fetch(`${host.url}/api/auth/revoke-other-sessions`, { method: "POST", headers: { Authorization: `Bearer ${session}`, "Content-Type": "application/json" }, body: "{}" });
  assert.equal(ended.status, 200);
  await page.locator("#door-form").waitFor();
}));

test("a refused change says so on its row and can be discarded", () => inside(async (page) => {
  await page.route("**/api/v1/tasks", (route) => route.request().method() === "POST"
    ? route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ status: 422, code: "validation-failed", detail: "no", errors: [{ pointer: "/title", code: "invalid", message: "is not to the taste of this test" }] }) })
    : route.continue());
  await add(page, "refused");
  await row(page, "refused").locator(".problem", { hasText: "not to the taste" }).waitFor();
  await row(page, "refused").getByRole("button", { name: "Discard" }).click();
  await row(page, "refused").waitFor({ state: "detached" });
}));

test("somebody was faster: a rename survives another window's change of priority", () => inside(async (page, who) => {
  await add(page, "contested");
  await settled(page, "contested");
  const ana = await client(host.url, who);
  const [task] = (await ana.get("/api/v1/tasks")).items;
  // The page does not hear of it, and its version is one behind.
  await page.evaluate(() => Object.defineProperty(WebSocket.prototype, "onmessage", { set() {} }));
  let first = true;
  await page.route(`**/api/v1/tasks/${task.id}`, async (route) => {
    if (first && route.request().method() === "PATCH") {
      first = false;
      const answer = await fetch(`${host.url}/api/v1/tasks/${task.id}`, { method: "PATCH", headers: { Authorization: `Bearer ${ana.token}`, "Content-Type": "application/json", "If-Match": `"${task.version}"` }, body: `{"priority":"critical"}` });
      assert.equal(answer.status, 200);
    }
    await route.continue();
  });
  await row(page, "contested").locator(".title").click();
  await page.locator(".rename").fill("contested and renamed");
  await page.locator(".rename").press("Enter");
  await settled(page, "contested and renamed");
  const now = await ana.get(`/api/v1/tasks/${task.id}`);
  assert.deepEqual([now.title, now.priority], ["contested and renamed", "critical"]);
}));

test("the keyboard alone is enough", () => inside(async (page) => {
  await page.keyboard.press("q");
  await page.keyboard.type("first by keys");
  await page.keyboard.press("Enter");
  await page.keyboard.type("second by keys");
  await page.keyboard.press("Enter");
  await settled(page, "second by keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /second by keys/);
  await page.keyboard.press("k");
  await page.keyboard.press("x");
  await page.getByRole("checkbox", { name: "Reopen first by keys" }).waitFor();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "chat-input");
  await page.keyboard.type("undo");
  await page.keyboard.press("Enter");
  await page.locator(".said.it").waitFor();
}));

test("the chat asks before it deletes, and takes back what it did", () => inside(async (page) => {
  const say = async (text) => {
    await page.locator("#chat-input").fill(text);
    await page.locator("#chat-input").press("Enter");
  };
  await say("add call mom tomorrow at 6pm");
  await place(page, "all");
  await row(page, "call mom").waitFor();
  await say("delete call mom");
  await page.locator(".choices button", { hasText: "Do it" }).click();
  await row(page, "call mom").waitFor({ state: "detached" });
  await page.locator(".said.it").last().getByRole("button", { name: "Undo" }).click();
  await row(page, "call mom").waitFor();
  await say("add report for Ben");
  await row(page, "report for Ben").waitFor();
  await say("add report for Cy");
  await row(page, "report for Cy").waitFor();
  await say("complete report");
  await page.locator(".choices button", { hasText: "report for Cy" }).click();
  await row(page, "report for Cy").waitFor({ state: "detached" });
  assert.equal(await row(page, "report for Ben").count(), 1);
}));

test("nothing is asked of another server, and the policy says so", async () => {
  const page = await open(browser, "about:blank");
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  const answer = await page.goto(host.url);
  await page.locator("#door-form").waitFor();
  assert.deepEqual([...new Set(asked)], [host.url]);
  assert.match(answer.headers()["content-security-policy"], /default-src 'self'.*require-trusted-types-for 'script'/);
  assert.equal(await page.evaluate(() => { try { document.body.innerHTML = "<p>x"; return "taken"; } catch { return "refused"; } }), "refused");
  await page.context().close();
});

for (const [name, width] of [["a telephone", 360], ["a desk", 1280]])
  test(`nothing is wider than ${name}`, () => inside(async (page) => {
    await add(page, `${"a very long title without an end ".repeat(4)}${"x".repeat(120)}`);
    for (const hash of ["today", "all", "chat", "inbox", "audit"]) {
      await place(page, hash);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${hash}: ${over} px too wide`);
    }
  }, { viewport: { width, height: 740 } }));

test("every control has a name, every field a label", () => inside(async (page) => {
  await add(page, "named");
  for (const hash of ["today", "inbox", "audit"]) {
    await place(page, hash);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("#app button, #app input, #app select, #app textarea, #app a")]
      .filter((one) => one.checkVisibility() && !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length)).map((one) => one.outerHTML));
    assert.deepEqual(nameless, []);
  }
  assert.equal(await page.getByRole("log").count(), 1);
}));
