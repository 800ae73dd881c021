// The list: tabs, search, groups by day, rows that can be completed, renamed, moved and deleted, by hand or by keyboard.
import { $, h, icon, menu, toast } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";
import { composer } from "./composer.js";
import { addDays, clockText, dayText, dueOf, dueOrder, dueText, longDay, overdue, reading, reminderText, ruleText, today } from "./when.js";

const TABS = [["today", "Today"], ["upcoming", "Upcoming"], ["all", "All"], ["done", "Done"]];
const TITLES = { today: "Today", upcoming: "Upcoming", all: "All tasks", done: "Done" };
const PRIORITIES = { critical: "Critical", high: "High", medium: "Medium", low: "Low" };
const RANK = { critical: 0, high: 1, medium: 2, low: 3 };
const NEWS_MS = 3000;
const SHOWN_MAX = 300; // rows drawn at once; search finds the rest

const EMPTY = {
  today: ["Nothing left for today", "Add something above, or enjoy the quiet."],
  upcoming: ["Nothing ahead", "Tasks with a day after today stand here."],
  all: ["No tasks yet", "Add your first one above, or write to the chat: “pay rent on the 1st, remind me a day before”."],
  done: ["Nothing done yet", "What you complete is kept here."],
};

let tab = "today";
let search = "";
let current = null; // id of the row the keyboard is on
let editing = null; // id of the row whose title is being changed
let parts = {};
const drawn = new Map(); // id -> {row, signature}
const news = new Map(); // id -> when it was changed elsewhere; shown as new for a moment

// ---- which tasks, in which order --------------------------------------------------------------------------------------
function groupOf(task) {
  const day = reading(task.due)?.date;
  if (tab === "done") return dayText(new Date(task.completed_at ?? task.updated_at).toLocaleDateString("sv"));
  if (!day) return "No date";
  return day < today() ? "Overdue" : dayText(day);
}

function belongs(task) {
  const done = task.status === "completed";
  if (search) return `${task.title} ${task.description} ${task.tags.join(" ")}`.toLowerCase().includes(search.toLowerCase()) && done === (tab === "done");
  if (done) return tab === "done";
  const day = reading(task.due)?.date;
  return { today: day && day <= today(), upcoming: day && day > today(), all: true, done: false }[tab];
}

function order(a, b) {
  if (tab === "done") return (b.completed_at ?? b.updated_at).localeCompare(a.completed_at ?? a.updated_at);
  return dueOrder(a.due).localeCompare(dueOrder(b.due)) || RANK[a.priority] - RANK[b.priority] || a.created_at.localeCompare(b.created_at);
}

const count = (name) => store.all().filter((task) => {
  const day = reading(task.due)?.date;
  return task.status === "pending" && (name === "today" ? day && day <= today() : name === "upcoming" ? day && day > today() : name === "all");
}).length;

// ---- one row ----------------------------------------------------------------------------------------------------------
function due(task) {
  const read = reading(task.due);
  if (!read) return null;
  const late = task.status === "pending" && overdue(task.due);
  // Under a heading that says the day, the time is enough.
  const underDay = tab !== "done" && !late && !search && groupOf(task) === dayText(read.date);
  const text = underDay ? (read.time ? clockText(read.time) : null) : dueText(task.due);
  return text && h("span", { class: late ? "meta late" : "meta" }, icon(read.time ? "clock" : "calendar"), late ? h("span", { class: "sr" }, "overdue: ") : null, text);
}

function meta(task) {
  const facts = [
    due(task),
    task.recurrence && h("span", { class: "meta" }, icon("repeat"), ruleText(task.recurrence.rrule)),
    task.status === "pending" && task.reminders.length > 0 && h("span", { class: "meta" }, icon("bell"), task.reminders.map(reminderText).join(" · ")),
    ["critical", "high"].includes(task.priority) && task.status === "pending" && h("span", { class: `meta ${task.priority}` }, icon("flag"), PRIORITIES[task.priority]),
    task.tags.map((tag) => h("span", { class: "tag" }, `#${tag}`)),
    task.kept && h("span", { class: "meta kept" }, "waiting for a connection"),
  ].flat().filter(Boolean);
  return facts.length ? h("div", { class: "metas" }, facts) : null;
}

function problem(task) {
  if (!task.problem) return null;
  return h("div", { class: "problem", role: "alert" }, icon("warning"), h("span", {}, `Not saved: ${task.problem}`),
    h("button", { type: "button", class: "link", onclick: () => store.again(task.id) }, "Try again"),
    h("button", { type: "button", class: "link", onclick: () => store.discard(task.id) }, "Discard"));
}

function rename(task, row) {
  editing = task.id;
  const input = h("input", { class: "rename", value: task.title, maxlength: 500, "aria-label": "Title" });
  let over = false;
  const finish = (save) => {
    if (over) return;
    over = true;
    editing = null;
    const text = input.value.trim();
    if (save && text && text !== task.title) store.patch(task.id, { title: text });
    drawn.delete(task.id);
    render();
    focusRow(task.id);
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") event.preventDefault(), finish(true);
    if (event.key === "Escape") finish(false);
  });
  input.addEventListener("blur", () => finish(true));
  $(".title", row).replaceWith(input);
  input.focus();
  input.select();
}

function reschedule(task, button) {
  const move = (date) => {
    const time = reading(task.due)?.time;
    store.patch(task.id, { due: dueOf(date, time) });
  };
  const read = reading(task.due);
  const date = h("input", { type: "date", value: read?.date ?? "", "aria-label": "Day" });
  const time = h("input", { type: "time", value: read?.time ?? "", "aria-label": "Time" });
  const set = h("button", { type: "button", class: "primary small", onclick: () => { if (date.value) store.patch(task.id, { due: dueOf(date.value, time.value) }), box.close(true); } }, "Set");
  const items = [["Today", () => move(today())], ["Tomorrow", () => move(addDays(today(), 1))], ["Next week", () => move(addDays(today(), 7))],
    h("div", { class: "menu-form" }, date, time, set)];
  // A series or a reminder hangs on the due: without it they would lose their hold.
  if (read && !task.recurrence && !task.reminders.length) items.push(["No date", () => store.patch(task.id, { due: null })]);
  const box = menu(button, items);
}

function makeRow(task) {
  const done = task.status === "completed";
  const move = h("button", { type: "button", class: "bare", "aria-label": `Reschedule ${task.title}`, title: "Reschedule", "aria-haspopup": "menu", onclick: () => reschedule(task, move) }, icon("calendar"));
  const row = h("li", { class: `task ${done ? "is-done" : ""} ${task.waiting ? "is-waiting" : ""} p-${task.priority}`, "data-id": task.id, tabindex: "-1" },
    h("button", { type: "button", class: "tick", role: "checkbox", "aria-checked": String(done), "aria-label": `${done ? "Reopen" : "Complete"} ${task.title}`, onclick: () => toggle(task.id) }, icon("check")),
    h("div", { class: "task-body" },
      h("button", { type: "button", class: "title", title: "Rename", onclick: () => rename(task, row) }, task.title), meta(task), problem(task)),
    h("div", { class: "task-end" }, task.waiting && h("span", { class: "spinner", role: "img", "aria-label": "Saving" }), !done && move,
      h("button", { type: "button", class: "bare", "aria-label": `Delete ${task.title}`, title: "Delete", onclick: () => store.remove(task.id) }, icon("trash"))));
  row.addEventListener("focusin", () => (current = task.id));
  return row;
}

const lingering = new Set(); // just completed here: stays where it is for a moment, so that it can be taken back

function toggle(id) {
  const done = store.view(id)?.status === "completed";
  if (!done) {
    lingering.add(id);
    setTimeout(() => (lingering.delete(id), render()), 4000);
  }
  store.complete(id, !done);
}

// ---- the list -----------------------------------------------------------------------------------------------------------
function rowFor(task) {
  const signature = JSON.stringify([task, tab, Boolean(search), today(), overdue(task.due)]);
  const known = drawn.get(task.id);
  if (known && (known.signature === signature || editing === task.id)) return known.row;
  const focused = known?.row.contains(document.activeElement) ? document.activeElement.className.split(" ")[0] || "task" : null;
  const row = makeRow(task);
  if (Date.now() - (news.get(task.id) ?? 0) < NEWS_MS) row.classList.add("is-news");
  news.delete(task.id);
  drawn.set(task.id, { row, signature, focused });
  return row;
}

function groups(tasks) {
  const made = new Map();
  for (const task of tasks) {
    const name = search ? "Found" : groupOf(task);
    if (!made.has(name)) made.set(name, []);
    made.get(name).push(task);
  }
  return made;
}

function draw(tasks) {
  const first = tasks.slice(0, SHOWN_MAX);
  const alone = tab === "today" && !first.some((task) => groupOf(task) === "Overdue") && !search;
  const blocks = [...groups(first)].map(([name, members]) => h("section", { class: "group" },
    alone ? null : h("h2", { class: name === "Overdue" ? "group-title late" : "group-title" }, name, h("span", { class: "number" }, members.length)),
    h("ul", { class: "rows" }, members.map(rowFor))));
  if (tasks.length > SHOWN_MAX) blocks.push(h("p", { class: "quiet" }, `${tasks.length - SHOWN_MAX} more. Search to find them.`));
  parts.list.replaceChildren(...blocks);
  for (const [id, entry] of drawn) {
    if (!entry.row.isConnected) drawn.delete(id);
    else if (entry.focused) {
      (entry.row.querySelector(`.${entry.focused}`) ?? entry.row).focus({ preventScroll: true });
      entry.focused = null;
    }
  }
}

function hollow() {
  if (store.loading && !store.loaded)
    return h("div", { class: "empty", role: "alert" }, h("p", { class: "empty-title" }, "Your tasks could not be loaded"), h("p", {}, store.loading),
      h("button", { type: "button", class: "primary small", onclick: () => store.load() }, "Try again"));
  if (!store.loaded) return h("div", { class: "skeleton", "aria-label": "Loading" }, h("i"), h("i"), h("i"));
  const [title, text] = search ? [`Nothing found for “${search}”`, tab === "done" ? "Open tasks stand under All." : "Completed tasks stand under Done."] : EMPTY[store.all().length ? tab : "all"];
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), h("p", {}, text));
}

// What was completed here a moment ago still stands where it was.
const visible = (task) => belongs(task) || (lingering.has(task.id) && tab !== "done" && belongs({ ...task, status: "pending" }));

export function render() {
  const tasks = store.all().filter(visible).sort(order);
  // The node being edited must not leave the document, or it loses its focus and its text.
  if (!(editing && drawn.get(editing)?.row.isConnected && tasks.some((task) => task.id === editing))) {
    const scrolled = document.activeElement;
    tasks.length ? draw(tasks) : (drawn.clear(), parts.list.replaceChildren(hollow()));
    if (scrolled && !scrolled.isConnected && current && drawn.has(current)) focusRow(current);
  }
  for (const [name] of TABS) {
    const number = name === "done" ? 0 : count(name);
    const button = parts.tabs[name];
    button.setAttribute("aria-selected", String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
    $(".number", button).textContent = number || "";
  }
  parts.panel.setAttribute("aria-labelledby", `tab-${tab}`);
  parts.title.textContent = search ? "Search" : TITLES[tab];
  parts.sub.textContent = search ? `${tasks.length} found` : tab === "today" ? longDay(today()) : tab === "done" ? "Newest first" : `${count(tab)} open`;
  parts.form.hidden = tab === "done";
  parts.form.relabel();
}

export function openTab(name) {
  tab = name;
  render();
}

// ---- keyboard -------------------------------------------------------------------------------------------------------------
const rows = () => [...parts.list.querySelectorAll(".task")];

function focusRow(id) {
  rows().find((row) => row.dataset.id === id)?.focus();
}

export function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.id === current && row.contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

export function onCurrent(action) {
  const row = rows().find((one) => one.contains(document.activeElement));
  const task = row && store.view(row.dataset.id);
  if (!task) return;
  if (action === "toggle") toggle(task.id);
  if (action === "rename") rename(task, row);
  if (action === "delete") {
    const all = rows();
    const next = all[all.indexOf(row) + 1] ?? all[all.indexOf(row) - 1];
    store.remove(task.id);
    if (next) focusRow(next.dataset.id);
  }
}

export function focusComposer() {
  if (tab === "done") location.hash = "#all", openTab("all");
  parts.form.focusTitle();
}

export const focusSearch = () => parts.search.focus();

export function show(id) {
  const task = store.view(id);
  if (!task) return toast("That task is not here any more.");
  const day = reading(task.due)?.date;
  location.hash = task.status === "completed" ? "#done" : day && day <= today() ? "#today" : "#all";
  setTimeout(() => focusRow(id));
}

function tabs() {
  const buttons = TABS.map(([name, label]) => h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "task-panel", onclick: () => (location.hash = `#${name}`) }, label, h("span", { class: "number" })));
  parts.tabs = Object.fromEntries(TABS.map(([name], index) => [name, buttons[index]]));
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": "Which tasks" }, buttons);
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = TABS[(TABS.findIndex(([name]) => name === tab) + by + TABS.length) % TABS.length][0];
    location.hash = `#${next}`;
    parts.tabs[next].focus();
  });
  return bar;
}

export function mount(place) {
  parts.title = h("h1", { id: "tasks-title" }, "Today");
  parts.sub = h("p", { class: "quiet" });
  parts.search = h("input", { type: "search", id: "search", placeholder: "Search", "aria-label": "Search tasks", autocomplete: "off" });
  parts.form = composer(() => (tab === "today" ? today() : ""));
  parts.list = h("div", { class: "list" });
  parts.panel = h("div", { role: "tabpanel", id: "task-panel" }, parts.list);
  let pause = 0;
  parts.search.addEventListener("input", () => {
    search = parts.search.value.trim();
    clearTimeout(pause);
    if (search) pause = setTimeout(() => store.find(search), 300);
    render();
  });
  place.append(h("div", { class: "place-head" }, h("div", {}, parts.title, parts.sub), h("label", { class: "search" }, icon("search"), parts.search)), tabs(), parts.form, parts.panel);
  store.addEventListener("news", ({ detail }) => news.set(detail, Date.now()));
  store.addEventListener("change", render);
  store.addEventListener("deleted", ({ detail }) => toast(`Deleted “${detail.title}”`, { actions: [["Undo", () => takeBack(detail.undo)]] }));
  store.addEventListener("notice", ({ detail }) => toast(detail));
  setInterval(render, 60000); // what was due becomes overdue, and tomorrow comes
  render();
}

export async function takeBack(token) {
  try {
    const answer = await post("/api/v1/undo", { undo_token: token });
    toast(answer.effects.length ? `Taken back: “${answer.effects[0].title}”` : "Taken back");
  } catch (error) {
    toast(`Not taken back: ${error.message}`, { kind: "bad" });
  }
}

