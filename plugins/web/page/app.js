// The page as a whole: who is signed in, which place is open, the state of the connection, the keyboard.
import { $, h, icon, menu, toast } from "./dom.js";
import { auth, me, refresh, session, signOut, AuthError } from "./auth.js";
import { call } from "./api.js";
import { live } from "./live.js";
import { store } from "./store.js";
import { zone } from "./when.js";
import { closeDoor, openDoor } from "./door.js";
import * as audit from "./audit.js";
import * as chat from "./chat.js";
import * as inbox from "./inbox.js";
import * as tasks from "./tasks.js";

const PLACES = [["tasks", "Tasks", "list"], ["chat", "Chat", "chat"], ["inbox", "Inbox", "bell"], ["audit", "Audit", "shield"]];
const TABS = ["today", "upcoming", "all", "done"];
const KEYS = [["q", "Add a task"], ["/", "Write to the chat"], ["s", "Search"], ["j  k", "Next, previous task"], ["x", "Complete or reopen"], ["e", "Rename"], ["d", "Delete"], ["1 – 4", "Today, Upcoming, All, Done"], ["i", "Inbox"], ["?", "These keys"]];

let links = {};
let mounted = false;

// ---- places -----------------------------------------------------------------------------------------------------------
function openPlace() {
  const hash = location.hash.slice(1) || "today";
  const place = TABS.includes(hash) ? "tasks" : PLACES.some(([name]) => name === hash) ? hash : "tasks";
  document.body.dataset.place = place;
  // The chat stands beside the others where there is room (style.css); alone it takes the page.
  for (const [name] of PLACES) {
    const chosen = name === place;
    if (name !== "chat") $(`#place-${name}`).hidden = !(chosen || (place === "chat" && name === "tasks"));
    links[name].toggleAttribute("aria-current", chosen);
    if (chosen) links[name].setAttribute("aria-current", "page");
  }
  if (TABS.includes(hash)) tasks.openTab(hash);
  if (place === "audit") audit.load();
  if (place === "chat") chat.focus();
  title();
}

function title() {
  const unread = inbox.unreadCount();
  const name = PLACES.find(([id]) => id === document.body.dataset.place)?.[1] ?? "Tasks";
  document.title = `${unread ? `(${unread}) ` : ""}${name} · evhost`;
  const badge = $(".badge", links.inbox);
  badge.textContent = unread > 99 ? "99+" : unread || "";
  badge.hidden = !unread;
  links.inbox.setAttribute("aria-label", unread ? `Inbox, ${unread} unread` : "Inbox");
}

// ---- the connection -----------------------------------------------------------------------------------------------------
let doubt = 0;

function connection() {
  const state = live.state === "live" ? "live" : "apart";
  const offline = !navigator.onLine;
  const mark = $("#link-state");
  mark.dataset.state = state;
  mark.textContent = state === "live" ? "Live" : offline ? "Offline" : "Connecting";
  const banner = $("#banner");
  clearTimeout(doubt);
  if (state === "live") return (banner.hidden = true);
  // A connection that comes back at once is not worth a word.
  doubt = setTimeout(() => {
    const unsent = store.unsent;
    const kept = unsent ? ` ${unsent} change${unsent > 1 ? "s" : ""} will be sent then.` : " What you do is kept and sent then.";
    banner.textContent = (offline ? "You are offline." : "No connection to the server. Reconnecting…") + kept;
    banner.hidden = false;
  }, banner.hidden ? 1200 : 0);
}

// ---- account --------------------------------------------------------------------------------------------------------------
function accountMenu(user) {
  const button = $("#account");
  const name = user?.name || user?.email || "You";
  button.replaceChildren(h("span", { class: "avatar", "aria-hidden": "true" }, name.slice(0, 1).toUpperCase()));
  button.setAttribute("aria-label", `Account of ${name}`);
  button.onclick = () => menu(button, [
    h("div", { class: "menu-head" }, h("strong", {}, name), user?.email && h("span", {}, user.email)),
    ["Keyboard", help],
    ...(globalThis.Notification?.permission === "default" ? [["Notify me on this device", () => Notification.requestPermission().catch(() => {})]] : []),
    ["Sign out", leave]]);
}

async function leave() {
  try {
    await signOut();
  } catch {
    toast("No connection: you are still signed in.", { kind: "bad" });
  }
}

// The first time somebody comes in, their zone and language are what the browser says.
async function settle() {
  try {
    const { body, etag } = await call("GET", "/api/v1/preferences");
    if (body.tz) return;
    await call("PUT", "/api/v1/preferences", { body: { ...body, tz: zone, locale: body.locale || navigator.language || "en-US" }, ifMatch: etag ?? "*" });
  } catch (error) {
    if (error.status === 412) return; // another window of theirs was faster
    toast("Your time zone could not be saved; times in reminders may be off. Reload to try again.", { kind: "bad" });
  }
}

// ---- keyboard --------------------------------------------------------------------------------------------------------------
function help() {
  const box = $("#help");
  box.replaceChildren(h("h2", { id: "help-title" }, "Keyboard"),
    h("dl", {}, KEYS.map(([key, text]) => [h("dt", {}, key.split("  ").map((one) => h("kbd", {}, one))), h("dd", {}, text)])),
    h("button", { type: "button", class: "primary small", onclick: () => box.close() }, "Close"));
  box.showModal();
}

const SHORTCUTS = {
  q: () => goTo("tasks", tasks.focusComposer), s: () => goTo("tasks", tasks.focusSearch), "/": chatKey, j: () => goTo("tasks", () => tasks.step(1)), k: () => goTo("tasks", () => tasks.step(-1)),
  x: () => tasks.onCurrent("toggle"), e: () => tasks.onCurrent("rename"), d: () => tasks.onCurrent("delete"), i: () => (location.hash = "#inbox"), "?": help,
  1: () => (location.hash = "#today"), 2: () => (location.hash = "#upcoming"), 3: () => (location.hash = "#all"), 4: () => (location.hash = "#done"),
};

function goTo(place, then) {
  if (document.body.dataset.place !== place) {
    location.hash = "#today";
    openPlace();
  }
  then();
}

function chatKey() {
  if (getComputedStyle($("#place-chat")).display === "none") location.hash = "#chat";
  else chat.focus();
}

function onKey(event) {
  const typing = event.target.closest("input, textarea, select, dialog, .menu");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || $("#app").hidden) return;
  const act = SHORTCUTS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

// ---- life -------------------------------------------------------------------------------------------------------------------
function mount() {
  mounted = true;
  links = Object.fromEntries(PLACES.map(([name, label, sign]) => [name, h("a", { href: `#${name === "tasks" ? "today" : name}`, class: `place-link to-${name}` }, icon(sign), h("span", {}, label), name === "inbox" && h("span", { class: "badge", hidden: true }))]));
  $(".places").append(...Object.values(links));
  tasks.mount($("#place-tasks"));
  chat.mount($("#place-chat"));
  inbox.mount($("#place-inbox"));
  audit.mount($("#place-audit"));
  inbox.inbox.addEventListener("unread", title);
  live.addEventListener("state", connection);
  store.addEventListener("change", () => live.state !== "live" && connection());
  for (const event of ["online", "offline"]) addEventListener(event, connection);
  addEventListener("hashchange", openPlace);
  document.addEventListener("keydown", onKey);
  auth.addEventListener("signed-out", () => {
    for (const part of [store, chat, inbox, audit]) part.clear();
    openDoor(enter);
  });
  // A change not yet sent would be lost with the page.
  addEventListener("beforeunload", (event) => store.unsent && event.preventDefault());
}

async function enter() {
  closeDoor();
  if (!mounted) mount();
  document.body.dataset.user = me() ?? "";
  openPlace();
  connection();
  live.start();
  settle();
  chat.load();
  accountMenu((await session().catch(() => null))?.user);
}

async function begin() {
  document.body.dataset.state = "ready";
  try {
    if (await refresh()) return enter();
    openDoor(enter);
  } catch (error) {
    openDoor(enter);
    $("#door-error").textContent = error instanceof AuthError && error.status !== 404
      ? "The server is busy. Reload in a moment." : "The server cannot be reached. Reload when you are connected.";
  }
}

begin();
