// The audit trail: what happened to one's things, each event a leaf of the server's log. Whether it really is one is checked
// here, in the browser, against the root of the tree the server signed.
import { h, icon } from "./dom.js";
import { call, get } from "./api.js";
import { commitment, fromBase64, leafHash, readCheckpoint, rootOf, same, signedBy, toHex } from "./merkle.js";
import { agoText, exactText } from "./when.js";

const PAGE = 50;
const KINDS = {
  "todo.task.created.v1": ["Task created", "plus"],
  "todo.task.updated.v1": ["Task changed", "pencil"],
  "todo.task.completed.v1": ["Task completed", "check"],
  "todo.task.reopened.v1": ["Task reopened", "undo"],
  "todo.task.deleted.v1": ["Task deleted", "trash"],
  "todo.project.created.v1": ["Project created", "plus"],
  "todo.project.updated.v1": ["Project changed", "pencil"],
  "todo.project.deleted.v1": ["Project deleted", "trash"],
  "todo.reminder.scheduled.v1": ["Reminder set", "bell"],
  "todo.reminder.cancelled.v1": ["Reminder cancelled", "bell"],
  "todo.notification.due.v1": ["Reminder due", "bell"],
  "todo.notification.delivered.v1": ["Reminder delivered", "bell"],
  "todo.notification.failed.v1": ["Reminder not delivered", "warning"],
  "todo.notification.snoozed.v1": ["Reminder snoozed", "clock"],
  "todo.command.create_task.v1": ["Next occurrence asked for", "repeat"],
  "todo.command.withdraw_task.v1": ["Occurrence withdrawn", "repeat"],
  "todo.user.created.v1": ["Account created", "user"],
  "todo.user.updated.v1": ["Account changed", "user"],
  "todo.user.preferences.v1": ["Preferences changed", "user"],
  "todo.user.session_revoked.v1": ["Session ended", "user"],
  "todo.audit.authentication.v1": ["Account", "user"],
  "todo.audit.denied.v1": ["Access denied", "warning"],
  "todo.audit.admin.v1": ["Administration", "shield"],
};

let items = [];
let cursor = null;
let problem = null;
let loaded = false;
let parts = {};
const proofs = new Map(); // id of the event -> {state: asking | good | bad | unknown, text, root}

const subject = ({ payload: told }) => told?.task?.title ?? told?.title ?? told?.project?.name ?? (told?.action ? [told.action, told.outcome === "success" ? "" : told.outcome, told.object].filter(Boolean).join(", ").replaceAll("_", " ") : "");

async function prove(item) {
  proofs.set(item.id, { state: "asking", text: "Checking…" });
  render();
  proofs.set(item.id, await judge(item).catch((error) => ({ state: "unknown", text: error.message })));
  render();
}

const bad = (text) => ({ state: "bad", text: `${text} Tell whoever runs this server.` });

async function judge(item) {
  if (!globalThis.crypto?.subtle) return { state: "unknown", text: "Browsers compute hashes on https and localhost only, so the proof was not checked." };
  const path = `/api/v1/audit/events/${encodeURIComponent(item.id)}`;
  const [proof, event, keys] = await Promise.all([get(`${path}/proof`), call("GET", path), get("/api/v1/audit/key")]);
  const signed = readCheckpoint(proof.checkpoint);
  const root = await rootOf(await leafHash(new TextEncoder().encode(proof.leaf)), proof.index, proof.size, proof.hashes.map(fromBase64));
  if (!root || signed.size !== proof.size || !same(root, signed.root)) return bad(`Leaf ${proof.index} does not lead to the signed root.`);
  const leaf = JSON.parse(proof.leaf);
  if (leaf.id !== item.id || leaf.type !== item.type) return bad("The leaf is that of another event.");
  const signature = await signedBy(signed, keys.vkey);
  if (signature === false) return bad("The root is not signed with the log's key.");
  const content = await contentHolds(event, leaf);
  if (content === false) return bad("The content is not what the leaf says.");
  const parts = [`Leaf ${proof.index} is in the tree of ${proof.size}, ${proof.hashes.length} hashes below its root`, signature ? "the root is signed" : "this browser cannot check the signature", content ? "the content is unaltered" : "the content was erased"];
  return { state: "good", text: `${parts.join("; ")}.`, root: toHex(root) };
}

// The payload as its very bytes: the last member of the answer. null when it was erased.
async function contentHolds(event, leaf) {
  if (!event.body.salt) return null;
  const payload = event.text.slice(event.text.indexOf('"payload":') + 10, -1);
  return same(await commitment(fromBase64(event.body.salt), new TextEncoder().encode(payload)), fromBase64(leaf.pc));
}

function proofOf(item) {
  const known = proofs.get(item.id);
  return known && h("div", { class: `proof ${known.state}`, role: "status" }, known.text, known.root && h("span", { class: "mono" }, known.root));
}

function row(item) {
  const [text, sign] = KINDS[item.type] ?? [item.type, "list"];
  const about = subject(item);
  const pending = item.index === null || item.index === undefined;
  return h("li", { class: "leaf" }, h("span", { class: "leaf-sign" }, icon(sign)),
    h("div", { class: "leaf-body" }, h("p", { class: "leaf-what" }, text, about && h("span", {}, ` · ${about}`)),
      h("p", { class: "metas" }, h("time", { class: "meta", datetime: item.time, title: exactText(item.time) }, agoText(item.time)), h("span", { class: "mono" }, pending ? "being added" : `leaf ${item.index}`)), proofOf(item)),
    h("div", { class: "leaf-end" }, !pending && !["good", "asking"].includes(proofs.get(item.id)?.state) && h("button", { type: "button", class: "chip", onclick: () => prove(item) }, icon("shield"), "Verify")));
}

function render() {
  parts.more.hidden = !cursor;
  if (items.length) return parts.list.replaceChildren(...items.map(row));
  const [title, text] = problem ? ["The audit trail could not be loaded", problem] : loaded ? ["Nothing recorded yet", "Everything that happens to your tasks is written here, and can be proved."] : ["Loading…", ""];
  parts.list.replaceChildren(h("li", { class: "empty", role: problem ? "alert" : undefined }, h("p", { class: "empty-title" }, title), h("p", {}, text),
    problem && h("button", { type: "button", class: "primary small", onclick: load }, "Try again")));
}

// Screens' copies of events (task-updates) are leaves as well; here they would say everything twice.
const wanted = (item) => !item.source.startsWith("task-updates/");

async function fetchPage(from) {
  if (!from) items = [];
  const enough = items.length + PAGE / 2;
  do {
    const page = await get(`/api/v1/audit?limit=${2 * PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);
    items = [...items, ...page.items.filter(wanted)];
    cursor = from = page.next_cursor;
  } while (from && items.length < enough);
}

export async function load() {
  try {
    await fetchPage(null);
    problem = null;
    loaded = true;
  } catch (error) {
    problem = error.message;
  }
  render();
}

export function clear() {
  items = [];
  cursor = null;
  loaded = false;
  proofs.clear();
}

export function mount(place) {
  parts.list = h("ul", { class: "rows leaves" });
  parts.more = h("button", { type: "button", class: "chip more", hidden: true, onclick: () => fetchPage(cursor).then(render, (error) => ((problem = error.message), render())) }, "Show earlier ones");
  place.append(h("div", { class: "place-head" }, h("div", {}, h("h1", { id: "audit-title" }, "Audit"), h("p", { class: "quiet" }, "What happened, newest first. Each entry can be proved.")),
    h("button", { type: "button", class: "chip", onclick: load }, "Refresh")), parts.list, parts.more);
  render();
}
