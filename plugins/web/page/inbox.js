// Reminders that came: newest first, unread ones marked, each can be snoozed, read, or followed to its task.
import { h, icon, menu, toast } from "./dom.js";
import { get, post, Unreached } from "./api.js";
import { live } from "./live.js";
import { show } from "./tasks.js";
import { agoText, clockText, dayText, dateOf, exactText, timeOf } from "./when.js";

const PAGE = 50;
export const inbox = new EventTarget(); // "unread" when the number changed

let items = new Map(); // id -> notification
let unread = 0;
let cursor = null;
let problem = null;
let loaded = false;
let parts = {};

export const unreadCount = () => unread;

function setUnread(number) {
  unread = Math.max(0, number);
  inbox.dispatchEvent(new Event("unread"));
}

// Tomorrow morning by this reader's clock.
function tomorrow() {
  const at = new Date();
  at.setDate(at.getDate() + 1);
  at.setHours(9, 0, 0, 0);
  return at;
}

const CHOICES = [
  ["10 minutes", () => new Date(Date.now() + 10 * 60000)],
  ["1 hour", () => new Date(Date.now() + 3600000)],
  ["Tomorrow", tomorrow],
];

const momentText = (at) => `${dayText(dateOf(at)).replace(/^To/, "to")}, ${clockText(timeOf(at))}`;

async function act(work) {
  try {
    await work();
  } catch (error) {
    toast(error instanceof Unreached ? "No connection: that was not saved. Try again." : error.message, { kind: "bad" });
  }
  render();
}

function snooze(item, until) {
  return act(async () => {
    await post(`/api/v1/tasks/${item.task_id}/snooze`, { until: { instant: until.toISOString() }, notification_id: item.id });
    if (item.status === "unread") setUnread(unread - 1);
    Object.assign(item, { status: "snoozed", snoozed_until: until.toISOString() });
    toast(`Snoozed until ${momentText(until)}`);
  });
}

function read(item) {
  return act(async () => {
    const now = await post(`/api/v1/notifications/${item.id}/read`);
    if (item.status === "unread") setUnread(unread - 1);
    items.set(item.id, now);
  });
}

function readAll() {
  return act(async () => {
    await post("/api/v1/notifications/read-all");
    for (const item of items.values()) if (item.status === "unread" || item.status === "missed") item.status = "read";
    setUnread(0);
  });
}

const snoozeMenu = (item, button) => menu(button, CHOICES.map(([label, until]) => [label, () => snooze(item, until())]));

function stateText(item) {
  if (item.status === "snoozed" && item.snoozed_until) return `snoozed until ${momentText(new Date(item.snoozed_until))}`;
  if (item.status === "missed") return "missed: it was due while the server was down";
  return item.late ? "late" : "";
}

function row(item) {
  const later = h("button", { type: "button", class: "chip", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => snoozeMenu(item, later) }, icon("clock"), "Snooze");
  const state = stateText(item);
  return h("li", { class: `notice is-${item.status}`, "data-id": item.id },
    h("span", { class: "dot" }, item.status === "unread" && h("span", { class: "sr" }, "unread")),
    h("div", { class: "notice-body" },
      h("button", { type: "button", class: "title", onclick: () => show(item.task_id) }, item.title),
      h("p", { class: "metas" }, h("time", { class: "meta", datetime: item.fire_at, title: exactText(item.fire_at) }, icon("bell"), agoText(item.fire_at)), state && h("span", { class: "meta" }, state))),
    h("div", { class: "notice-end" }, ["unread", "read"].includes(item.status) && later,
      ["unread", "missed"].includes(item.status) && h("button", { type: "button", class: "chip", onclick: () => read(item) }, icon("check"), "Mark read")));
}

function render() {
  const sorted = [...items.values()].sort((a, b) => b.fire_at.localeCompare(a.fire_at) || b.id.localeCompare(a.id));
  parts.all.hidden = unread === 0;
  parts.sub.textContent = unread ? `${unread} unread` : loaded ? "All read" : "";
  if (problem && !sorted.length) parts.list.replaceChildren(h("li", { class: "empty", role: "alert" }, h("p", { class: "empty-title" }, "Your reminders could not be loaded"), h("p", {}, problem),
    h("button", { type: "button", class: "primary small", onclick: load }, "Try again")));
  else if (!sorted.length) parts.list.replaceChildren(h("li", { class: "empty" }, h("p", { class: "empty-title" }, "No reminders yet"), h("p", {}, "When a task reminds you, it shows here and on every open window.")));
  else parts.list.replaceChildren(...sorted.map(row));
  parts.more.hidden = !cursor;
}

async function fetchPage(from) {
  const page = await get(`/api/v1/notifications?limit=${PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);
  for (const item of page.items) items.set(item.id, item);
  cursor = page.next_cursor;
}

export async function load() {
  try {
    const [number] = await Promise.all([get("/api/v1/notifications/unread-count"), fetchPage(null)]);
    setUnread(number.count);
    problem = null;
    loaded = true;
  } catch (error) {
    problem = error.message;
  }
  render();
}

export function clear() {
  items = new Map();
  cursor = null;
  loaded = false;
  setUnread(0);
}

// A reminder as it fires: into the list, and a word of it wherever the reader is.
function heard({ event, data }) {
  const known = items.get(data.notification_id);
  if (event === "todo.notification.snoozed.v1" && known) {
    if (known.status === "unread") setUnread(unread - 1);
    Object.assign(known, { status: "snoozed", snoozed_until: data.snoozed_until });
  } else if (event === "todo.notification.due.v1" && !known) {
    const item = { id: data.notification_id, task_id: data.task_id, title: data.title, fire_at: data.fire_at, late: data.late, priority: data.priority, status: "unread", snoozed_until: null };
    items.set(item.id, item);
    setUnread(unread + 1);
    toast(`Reminder: ${item.title}`, { kind: "reminder", lasting: true, actions: [["Open", () => show(item.task_id)], ["Snooze 10 min", () => snooze(item, CHOICES[0][1]())], ["Read", () => read(item)]] });
    if (globalThis.Notification?.permission === "granted" && document.hidden) new Notification(item.title, { tag: item.id, body: "Reminder" });
  } else {
    return;
  }
  render();
}

export function mount(place) {
  parts.sub = h("p", { class: "quiet" });
  parts.all = h("button", { type: "button", class: "chip", hidden: true, onclick: readAll }, icon("check"), "Mark all read");
  parts.list = h("ul", { class: "rows notices" });
  parts.more = h("button", { type: "button", class: "chip more", hidden: true, onclick: () => act(() => fetchPage(cursor)) }, "Show earlier ones");
  place.append(h("div", { class: "place-head" }, h("div", {}, h("h1", { id: "inbox-title" }, "Inbox"), parts.sub), parts.all), parts.list, parts.more);
  live.addEventListener("change", ({ detail }) => detail.event.startsWith("todo.notification.") && heard(detail));
  live.addEventListener("snapshot", load);
  setInterval(render, 60000);
}
