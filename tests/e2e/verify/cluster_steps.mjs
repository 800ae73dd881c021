// What only several processes can show: replicas share the work, a change crosses them, two of them die and nothing is lost.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import assert from "node:assert/strict";
import { until } from "../../browser/host.mjs";
import { Follower, Socket } from "./socket.mjs";

const script = join(dirname(fileURLToPath(import.meta.url)), "../../cluster/cluster.py");

// folder: of ./dev cluster; build: whose binaries it runs.
export async function describe(folder, build) {
  const { url, hosts } = JSON.parse(await readFile(join(folder, "cluster.json"), "utf8"));
  return {
    url,
    hosts,
    of: (set) => hosts.filter((one) => one.set === set),
    pid: async (name) => JSON.parse(await readFile(join(folder, "state.json"), "utf8"))[name].pid,
    command: (...words) => promisify(execFile)(python, [script, "--build", build, ...words]),
  };
}

// The one python3-yaml belongs to, as in ./dev.
const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

const bearer = (rest) => ({ Authorization: `Bearer ${rest.token}` });

// Requests below /api/v1 that a host has answered.
async function served(host) {
  const metrics = await (await fetch(`${host.url}/metrics`)).text();
  return [...metrics.matchAll(/^evhost_http_request_duration_seconds_count\{route="\/api\/v1[^}]*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

// Sends until it is taken: the same Idempotency-Key each time, as a careful client does. Returns how often it was sent.
async function postForSure(url, rest, title) {
  const key = `"${randomUUID()}"`;
  const end = Date.now() + 30000;
  for (let tries = 1; ; ++tries) {
    const headers = { ...bearer(rest), "Content-Type": "application/json", "Idempotency-Key": key };
    const answer = await fetch(`${url}/api/v1/tasks`, { method: "POST", headers, body: JSON.stringify({ title }), signal: AbortSignal.timeout(10000) }).catch((error) => ({ status: String(error.cause ?? error) }));
    if (answer.status === 201) return { id: (await answer.json()).id, tries };
    assert.ok(typeof answer.status === "string" || answer.status === 409 || answer.status >= 500, `POST answered ${answer.status}: ${answer.text && (await answer.text())}`);
    assert.ok(Date.now() < end, `POST was not taken within 30 s, at last: ${answer.status}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function allOf(rest, path) {
  const items = [];
  for (let cursor = ""; ; ) {
    const page = await rest.get(`${path}${path.includes("?") ? "&" : "?"}limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    items.push(...page.items);
    if (!page.next_cursor) return items;
    cursor = page.next_cursor;
  }
}

export async function clusterSteps({ step, cluster, rest, stamp }) {
  await step("cluster: the front shares requests among the replicas of chat", async () => {
    const before = await Promise.all(cluster.of("chat").map(served));
    for (let n = 0; n < 20; ++n) await rest.get("/api/v1/tasks?limit=1");
    const after = await Promise.all(cluster.of("chat").map(served));
    const grown = cluster.of("chat").map((host, at) => `${host.name} ${after[at] - before[at]}`);
    assert.ok(after.every((n, at) => n - before[at] > 0), `of 20 requests: ${grown.join(", ")}`);
    return `of 20 requests: ${grown.join(", ")}`;
  });

  await step("cluster: each replica of sync pushes what each replica of chat changed", async () => {
    const lines = [];
    for (const sync of cluster.of("sync")) {
      const socket = await Socket.open(sync.url, rest.token);
      await until("the subscription", async () => socket.received.some((one) => one.type === "subscribed"), 5000, 5);
      for (const chat of cluster.of("chat")) {
        const took = [];
        for (let n = 0; n < 25; ++n) {
          const at = Date.now();
          const answer = await fetch(`${chat.url}/api/v1/tasks`, { method: "POST", headers: { ...bearer(rest), "Content-Type": "application/json" }, body: JSON.stringify({ title: `Across ${stamp}` }) });
          assert.equal(answer.status, 201);
          const { id } = await answer.json();
          const frame = await until(`the frame of ${id}`, async () => socket.received.find((one) => one.event === "todo.task.created.v1" && one.data.task_id === id), 10000, 1);
          took.push(frame.at - at);
        }
        took.sort((a, b) => a - b);
        lines.push(`POST to ${chat.name}, frame from ${sync.name}: ${took[12]} ms (median of 25, nine of ten within ${took[22]} ms)`);
        assert.ok(took[22] < 1000, `${lines.at(-1)}: whoever commits wakes the relay, whichever process it is in`);
      }
      socket.close();
    }
    return lines;
  });

  await step("cluster: kill -9 of a chat and a sync replica loses and doubles nothing; up repairs", async () => {
    const followers = [await Follower.start(cluster.url, rest.token), await Follower.start(cluster.url, rest.token)]; // round robin: one on each
    const title = `Survivor ${stamp}`;
    const made = [];
    const total = 240;
    let killed = 0;
    const kill = async (name) => (process.kill(await cluster.pid(name), "SIGKILL"), ++killed);
    await Promise.all(Array.from({ length: 4 }, async (_, writer) => {
      for (let n = writer; n < total; n += 4) {
        if (n === total / 3) await kill(cluster.of("chat")[0].name);
        if (n === total / 2) await kill(cluster.of("sync")[0].name);
        made.push(await postForSure(cluster.url, rest, title));
      }
    }));
    assert.equal(killed, 2);
    const ids = new Set(made.map((one) => one.id));
    assert.equal(ids.size, total, "every acknowledged POST made a task of its own");
    const there = (await allOf(rest, "/api/v1/tasks")).filter((one) => one.title === title);
    assert.equal(there.length, total, `${total} tasks were acknowledged, ${there.length} exist`);
    assert.ok(there.every((one) => ids.has(one.id)), "a task nobody was told of");
    const created = (one) => one.frames.filter((frame) => frame.event === "todo.task.created.v1" && ids.has(frame.data.task_id)).map((frame) => frame.data.task_id);
    for (const one of followers) await until(`all frames (${created(one).length} of ${total} so far)`, async () => created(one).length >= total, 30000);
    await cluster.command("up");
    for (const one of followers) {
      await one.stop();
      assert.equal(created(one).length, total, "a frame came twice");
      assert.equal(new Set(created(one)).size, total, "a frame is missing, another came twice");
    }
    const leaves = async () => (await allOf(rest, "/api/v1/audit?type=todo.task.created.v1&topic=task-events")).filter((one) => ids.has(one.resource?.replace(/^task:/, "")));
    await until("the audit trail", async () => (await leaves()).length >= total, 30000, 250);
    assert.equal((await leaves()).length, total, "an event stands twice in the audit trail");
    const again = made.reduce((sum, one) => sum + one.tries - 1, 0);
    return [`${total} tasks acknowledged (${again} sent again), ${total} exist, ${total} in the audit trail`,
      `two followers through the front: ${total} frames each, none twice; cut ${followers.map((one) => one.cuts).join(" and ")} times and resumed`,
      "cluster up: all ready again"];
  });
}
