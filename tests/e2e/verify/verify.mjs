// The original's manual check as eight steps that run by themselves, and the chain create -> complete -> recur -> remind ->
// audit -> push, against a running host. Each step prints what it saw; the exit code is 0 when all of them held.
//
// usage: run BUILD_DIR verify.mjs EVHOST PLUGINS [--own | --cluster DIR]
// The host is EVH_URL, else the one that serves EVH_DATA_DIR, else one of its own on a free port with a temporary directory
// (--own: always that; --cluster: the front of the cluster in DIR, and cluster_steps.mjs after the chain). A new account is
// made each time, so it may run against a host in use.
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import assert from "node:assert/strict";
import { Host, until } from "../../browser/host.mjs";
import { clusterSteps, describe } from "./cluster_steps.mjs";
import { client, launch, open, place, row, signIn, signUp, someone } from "../../browser/person.mjs";

const [binary, plugins, mode, folder] = process.argv.slice(2);
const PLUGINS = ["audit", "chat", "identity", "notification", "recurring", "sync", "web"];
const run = promisify(execFile);
const started = Date.now();
const since = (at) => `${Date.now() - at} ms`;

// ---- which host --------------------------------------------------------------------------------------------------------
async function running() {
  if (mode === "--own") return null;
  if (process.env.EVH_URL) return { url: process.env.EVH_URL.replace(/\/+$/, ""), whose: "EVH_URL" };
  const file = join(process.env.EVH_DATA_DIR ?? "data", "host.json");
  try {
    const { port } = JSON.parse(await readFile(file, "utf8"));
    const url = `http://127.0.0.1:${port}`;
    return (await fetch(`${url}/readyz`)).ok ? { url, data: process.env.EVH_DATA_DIR ?? "data", whose: `the host that serves ${process.env.EVH_DATA_DIR}` } : null;
  } catch {
    return null; // nobody serves that directory
  }
}

const cluster = mode === "--cluster" ? await describe(folder, dirname(dirname(binary))) : null;
const within = cluster ? 180 : 60; // s, for everything
const found = cluster ? { url: cluster.url, whose: `the front of the cluster in ${folder}` } : await running();
const own = found ? null : await new Host(binary, plugins).start();
const url = found?.url ?? own.url;
// How commands find the host with the audit log; not at all when it is elsewhere.
const data = own?.data ?? found.data;
const reach = cluster ? { EVH_CONFIG: cluster.of("audit")[0].config } : data && { EVH_DATA_DIR: data, EVH_PLUGINS: plugins };
console.log(`verify: ${url} (${found?.whose ?? "a host of its own, with a temporary data directory"})`);
console.log("The original's script names no eight steps that its services could pass, so these are the eight:\n");

// ---- steps -----------------------------------------------------------------------------------------------------------
let failed = 0, steps = 0;
async function step(name, body) {
  ++steps;
  const at = Date.now();
  try {
    const evidence = await body();
    console.log(`ok    ${name}  [${since(at)}]`);
    for (const line of [evidence].flat()) console.log(`        ${line}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${name}  [${since(at)}]\n        ${error.message.split("\n").slice(0, 6).join("\n        ")}`);
  }
}

const browser = await launch();
const who = someone("Verify");
const stamp = who.email.slice(7, 15); // titles of their own, should somebody look for them
let page, second, rest;

const instant = (ms) => new Date(ms).toISOString();
const seconds = (ms) => instant(ms).slice(0, 19);
const frame = (window, event, match) => window.received.find((one) => one.type === "event" && one.event === event && match(one.data));
const waitFrame = (window, event, match, within) => until(`a ${event} frame`, async () => frame(window, event, match), within, 5);
const bellOf = (id) => (data) => data.task_id === id;

await step("1. sign up and create a task on the page", async () => {
  page = await open(browser, url);
  await signUp(page, who);
  await place(page, "all");
  await page.locator("#new-title").fill(`Buy milk ${stamp}`);
  await page.locator("#new-title").press("Enter");
  await row(page, `Buy milk ${stamp}`).waitFor();
  rest = await client(url, who);
  const task = await until("the task over REST", async () => (await rest.get("/api/v1/tasks")).items.find((one) => one.title === `Buy milk ${stamp}`));
  return `account ${who.email}; GET /api/v1/tasks has ${task.id} "${task.title}", version ${task.version}`;
});

await step("2. the chat creates a task with a due time", async () => {
  await page.locator("#chat-input").fill(`call Ben ${stamp} tomorrow at 6pm`);
  await page.locator("#chat-input").press("Enter");
  await row(page, `call Ben ${stamp}`).waitFor();
  const reply = await page.locator(".said.it").last().locator("p, ol").first().textContent();
  const task = (await rest.get("/api/v1/tasks")).items.find((one) => one.title === `call Ben ${stamp}`);
  assert.match(task.due.local, /T18:00$/);
  return [`reply: ${reply}`, `due ${JSON.stringify(task.due)}`];
});

await step("3. a second window sees changes live", async () => {
  second = await open(browser, url);
  await signIn(second, who);
  await place(second, "all");
  await row(second, `Buy milk ${stamp}`).waitFor();
  const at = Date.now();
  await page.locator("#new-title").fill(`Seen elsewhere ${stamp}`);
  await page.locator("#new-title").press("Enter");
  await row(second, `Seen elsewhere ${stamp}`).waitFor();
  return `shown in the second window ${since(at)} after Enter in the first, without a reload`;
});

await step("4. complete a task on the page", async () => {
  await page.getByRole("checkbox", { name: `Complete Buy milk ${stamp}` }).click();
  const task = await until("completion", async () => (await rest.get("/api/v1/tasks?status=completed")).items.find((one) => one.title === `Buy milk ${stamp}`));
  await row(second, `Buy milk ${stamp}`).waitFor({ state: "detached" });
  return `completed_at ${task.completed_at}; gone from the second window's open tasks`;
});

await step("5. completing a recurring task brings the next one on the page", async () => {
  const title = `Standup ${stamp}`;
  await page.locator("#new-title").fill(title);
  await page.locator("#new-date").fill(instant(Date.now() + 86400000).slice(0, 10));
  await page.locator("#new-time").fill("09:30");
  await page.locator("#new-repeat").selectOption("weekdays");
  await page.locator("#new-title").press("Enter");
  const first = await until("the recurring task", async () => (await rest.get("/api/v1/tasks")).items.find((one) => one.title === title));
  await row(second, title).waitFor();
  const at = Date.now();
  await page.getByRole("checkbox", { name: `Complete ${title}` }).click();
  const next = await waitFrame(second, "todo.task.created.v1", (data) => data.task.title === title && data.task_id !== first.id);
  const took = next.at - at;
  await second.locator(`.task[data-id="${next.data.task_id}"]`).waitFor();
  await page.locator(`.task[data-id="${next.data.task_id}"]`).waitFor();
  const open = (await rest.get("/api/v1/tasks?status=pending")).items.filter((one) => one.title === title);
  assert.equal(open.length, 1, "exactly one next task");
  return `${first.due.local} completed, ${open[0].due.local} (number ${open[0].recurrence.number}) came ${took} ms later, on both windows`;
});

await step("6. a reminder is delivered: inbox, page and WebSocket", async () => {
  const due = Math.ceil(Date.now() / 1000 + 1) * 1000; // reminders are kept to the second
  const task = await rest.post("/api/v1/tasks", { title: `Look up ${stamp}`, reminders: [{ at: { instant: instant(due) } }] });
  const bell = await waitFrame(second, "todo.notification.due.v1", bellOf(task.id));
  assert.ok(bell.at >= due, "a reminder never comes early");
  const item = await until("the inbox", async () => (await rest.get("/api/v1/notifications")).items.find((one) => one.task_id === task.id));
  await page.locator(".toast.reminder", { hasText: `Look up ${stamp}` }).waitFor();
  await page.locator(".to-inbox .badge:not([hidden])").waitFor();
  await place(page, "inbox");
  await page.locator(".notice", { hasText: `Look up ${stamp}` }).getByRole("button", { name: "Mark read" }).click();
  await until("the read mark", async () => (await rest.get("/api/v1/notifications")).items.find((one) => one.id === item.id && one.status === "read"));
  await place(page, "all");
  return `due ${instant(due)}, frame seq ${bell.seq} ${bell.at - due} ms after it, inbox item ${item.id} read on the page`;
});

const environment = { ...process.env };
if (cluster) delete environment.EVH_DATA_DIR; // each host of it has one of its own, named in its configuration
// evhost audit verify knows nothing of the host: files and the public key are all it is given.
const auditVerify = (...args) => run(binary, ["audit", "verify", ...args]).then(({ stdout }) => stdout.trim().split("\n").at(-1));

async function verifyOffline(event) {
  const folder = await mkdtemp(join(tmpdir(), "evhost-verify-"));
  try {
    const { vkey } = await (await fetch(`${url}/api/v1/audit/key`)).json();
    const answer = await fetch(`${url}/api/v1/audit/events/${event.id}/proof`, { headers: { Authorization: `Bearer ${rest.token}`, Accept: "text/plain" } });
    const [proof, leaf] = [join(folder, "proof"), join(folder, "leaf")];
    await writeFile(proof, await answer.text());
    await writeFile(leaf, (await rest.get(`/api/v1/audit/events/${event.id}`)).leaf);
    const lines = [`evhost audit verify --proof --leaf: ${await auditVerify("--key", vkey, "--proof", proof, "--leaf", leaf)}`];
    await writeFile(leaf, (await rest.get(`/api/v1/audit/events/${event.id}`)).leaf.replace('"v":1', '"v":2'));
    const forged = await auditVerify("--key", vkey, "--proof", proof, "--leaf", leaf).then(() => "good", (error) => error.code);
    assert.equal(forged, 80, "a leaf that was changed by one digit must be found out");
    lines.push("the same with one digit of the leaf changed: exit code 80, tampered");
    if (reach) {
      const out = join(folder, "log");
      await run(binary, ["audit", "export", "--out", out], { env: { ...environment, ...reach } });
      lines.push(`evhost audit export and verify of the whole log: ${await auditVerify("--key", vkey, "--bundle", out)}`);
    }
    return lines;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await step("7. the audit trail has the events, and an inclusion proof verifies", async () => {
  const wanted = ["todo.task.created.v1", "todo.task.completed.v1", "todo.notification.due.v1"];
  const items = await until("the events in the trail", async () => {
    const all = (await rest.get("/api/v1/audit?limit=200")).items;
    return wanted.every((type) => all.some((one) => one.type === type && one.index !== null)) && all;
  });
  await place(page, "audit");
  await page.locator(".leaf", { hasText: `Buy milk ${stamp}` }).first().getByRole("button", { name: "Verify" }).click();
  const proof = (await page.locator(".proof.good").first().innerText()).replaceAll(/\s*\n\s*/g, " Root ");
  const offline = await verifyOffline(items.find((one) => one.type === "todo.task.completed.v1" && one.index !== null));
  return [`${items.length} events of this account, among them ${wanted.join(", ")}`, `on the page: ${proof}`, ...offline];
});

await step("8. health and metrics of the host and all seven plugins", async () => {
  const states = {}, lines = [];
  for (const at of cluster ? cluster.hosts : [{ url }]) {
    const health = await (await fetch(`${at.url}/health`)).json();
    for (const one of health.plugins) states[one.id] = one.state;
    const metrics = await (await fetch(`${at.url}/metrics`)).text();
    const counted = metrics.split("\n").filter((line) => line && !line.startsWith("#")).length;
    assert.match(metrics, /^evhost_/m);
    lines.push(`${at.name ? `${at.name}: ` : ""}${health.status}, version ${health.version}, running: ${health.plugins.map((one) => one.id).sort().join(" ")}; ${counted} series at /metrics`);
  }
  for (const id of PLUGINS) assert.equal(states[id], "running", `plugin ${id} is ${states[id] ?? "not loaded"}`);
  return lines;
});

await step("chain: create -> complete -> recur -> remind -> audit -> push", async () => {
  const lines = [];
  const title = `Chain ${stamp}`;
  const at = Date.now();
  const say = (what, from) => lines.push(`${what.padEnd(10)} ${String(Date.now() - from).padStart(6)} ms`);
  const first = await rest.post("/api/v1/tasks", { title, due: { local: seconds(at + 1000), tz: "UTC" }, reminders: [{ offset: "PT0S" }], recurrence: { rrule: "FREQ=SECONDLY;INTERVAL=4" } });
  say("create", at);
  const completed = Date.now();
  await rest.post(`/api/v1/tasks/${first.id}/complete`);
  say("complete", completed);
  const next = await waitFrame(second, "todo.task.created.v1", (data) => data.task.title === title && data.task_id !== first.id);
  say("recur", completed);
  const due = Date.parse(`${next.data.task.due.local.padEnd(19, ":00")}Z`);
  const bell = await waitFrame(second, "todo.notification.due.v1", bellOf(next.data.task_id));
  lines.push(`remind     ${String(Math.max(0, Date.parse(bell.data.fire_at) - due)).padStart(6)} ms from the due to the time it was set for`);
  lines.push(`push       ${String(bell.at - due).padStart(6)} ms from the due to the frame in the other window`);
  const rung = Date.now();
  await until("the reminder's leaf", async () => (await rest.get(`/api/v1/audit?task=${next.data.task_id}&limit=50`)).items.find((one) => one.type === "todo.notification.due.v1" && one.index !== null));
  say("audit", rung);
  await rest.call("DELETE", `/api/v1/tasks/${next.data.task_id}`);
  return lines;
});

if (cluster) await clusterSteps({ step, cluster, rest, stamp });

// ---- the end ------------------------------------------------------------------------------------------------------------
if (failed && own) console.log(`\nthe host's last words:\n${own.log.split("\n").slice(-15).join("\n")}`);
await browser.close();
await own?.remove();
const took = (Date.now() - started) / 1000;
console.log(`\nverify: ${steps - failed} of ${steps} held, ${took.toFixed(1)} s`);
if (took > within) console.log(`verify: longer than the ${within} s it may take`);
process.exit(failed || took > within ? 1 : 0);
