// The chat: plain English in, the reply with what was assumed, the question it may end in, and a way back.
import { $, h, icon, toast } from "./dom.js";
import { get, list, newId, post, Refused } from "./api.js";
import { zone } from "./when.js";
import { takeBack } from "./tasks.js";

const KEPT_MS = 24 * 3600 * 1000; // an older conversation is over: the next message begins a new one
const SUGGESTIONS = ["pay rent on the 1st, remind me a day before", "call mom tomorrow at 6pm p2", "what is due this week?"];

let conversation = null;
let pending = null; // {token, kind} of the question asked last
let parts = {};

const bubble = (role, ...children) => h("div", { class: `said ${role}` }, h("span", { class: "sr" }, role === "me" ? "You: " : "evhost: "), children);

function append(node) {
  parts.hello?.remove();
  parts.hello = null;
  parts.log.append(node);
  while (parts.log.children.length > 200) parts.log.firstElementChild.remove();
  parts.log.scrollTop = parts.log.scrollHeight;
  return node;
}

// The message with what was understood marked. Spans count bytes of UTF-8.
function marked(text, spans = []) {
  const bytes = new TextEncoder().encode(text);
  const part = (from, to) => new TextDecoder().decode(bytes.slice(from, to));
  const nodes = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.begin - b.begin)) {
    if (span.begin < at || span.end > bytes.length || span.kind === "verb") continue;
    // Commas and spaces around a phrase are not part of what it says.
    const inner = part(span.begin, span.end);
    const lead = inner.length - inner.replace(/^[\s,]+/, "").length;
    nodes.push(part(at, span.begin), inner.slice(0, lead), h("mark", { title: span.kind }, inner.slice(lead)));
    at = span.end;
  }
  nodes.push(part(at, bytes.length));
  return nodes;
}

// The reply as paragraphs and numbered lists. It repeats its assumptions in brackets, which stand apart here, and names the
// zone of each time, which goes without saying where it is the reader's own.
function reply(text, assumed = [], bad = false) {
  const blocks = [];
  for (const line of text.replaceAll(` (${zone})`, "").split("\n")) {
    if (line.startsWith("(") && line.endsWith(")") && assumed.some((one) => line.includes(one.text))) continue;
    if (/^\(.*\)$/.test(line)) {
      blocks.push(h("p", { class: "assumed" }, line.slice(1, -1)));
      continue;
    }
    const item = /^(\d+)\. (.*?)((?:, (?:due|done|overdue|reminder|every|p[1-4]\b)| [#@]\S).*)?$/.exec(line);
    if (!item) {
      blocks.push(h("p", { class: bad ? "reply bad" : "reply" }, line));
      continue;
    }
    if (blocks.at(-1)?.tagName !== "OL") blocks.push(h("ol", { start: item[1] }));
    blocks.at(-1).append(h("li", {}, h("b", {}, item[2]), item[3]));
  }
  return blocks;
}

// A choice is answered by its number, a confirmation by its word; a count must be typed, so that nobody clicks it away.
function choices({ pending: asked }) {
  if (!asked) return null;
  const numbered = asked.kind.startsWith("choose");
  const options = asked.kind === "count" ? [] : asked.options.length ? asked.options : [{ value: "yes", label: "Yes" }, { value: "no", label: "No" }];
  const buttons = options.map((option, index) => [numbered ? String(index + 1) : option.value, option.label]);
  if (!options.some((option) => option.value === "no")) buttons.push(["no", "No"]);
  return h("div", { class: "choices", role: "group", "aria-label": "Answers" }, buttons.map(([value, label]) =>
    h("button", { type: "button", class: "chip", onclick: () => say(value, label, asked.token) }, label)));
}

function show(answer) {
  for (const old of parts.log.querySelectorAll(".choices")) old.remove(); // a question dies with the next message
  pending = answer.pending;
  const assumed = answer.assumptions ?? [];
  const undo = answer.undo_token && h("button", { type: "button", class: "link undo", onclick: async () => { undo.disabled = true; await takeBack(answer.undo_token); } }, icon("undo"), "Undo");
  append(bubble("it", reply(answer.reply, assumed, Boolean(answer.error)),
    assumed.length > 0 && h("ul", { class: "assumed", "aria-label": "Assumptions" }, assumed.map((one) => h("li", {}, one.text, one.alternative && h("span", {}, ` (or: ${one.alternative})`)))),
    (answer.hints ?? []).map((hint) => h("p", { class: "assumed" }, hint.text)),
    choices(answer), undo));
}

async function say(message, label = message, token = pending?.token) {
  const mine = append(bubble("me", h("p", {}, label)));
  mine.classList.add("is-waiting");
  const key = newId();
  const body = { message, tz: zone, locale: navigator.language || "en-US" };
  if (conversation) body.conversation_id = conversation;
  if (token) body.token = token;
  const attempt = async () => {
    try {
      const answer = await post("/api/v1/chat", body, key);
      mine.classList.remove("is-waiting");
      if (label === message) $("p", mine).replaceChildren(...marked(message, answer.spans));
      conversation = answer.conversation_id;
      show(answer);
    } catch (error) {
      mine.classList.remove("is-waiting");
      if (error instanceof Refused && error.status === 404 && body.conversation_id) {
        conversation = null; // gone: say it again in a new one
        delete body.conversation_id;
        return say(message, label, null), mine.remove();
      }
      const note = h("p", { class: "problem", role: "alert" }, icon("warning"), h("span", {}, error.message),
        // The same key: should it have arrived after all, it is not done twice.
        !(error instanceof Refused) && h("button", { type: "button", class: "link", onclick: () => (note.remove(), mine.classList.add("is-waiting"), attempt()) }, "Try again"));
      mine.append(note);
    }
  };
  await attempt();
}

function hello() {
  return h("div", { class: "hello" }, h("p", {}, "Write as you would say it. For example:"),
    SUGGESTIONS.map((text) => h("button", { type: "button", class: "chip", onclick: () => ((parts.input.value = text), parts.input.focus()) }, text)));
}

// The last conversation, when it is from today.
export async function load() {
  const newest = (await get("/api/v1/conversations?limit=1").catch(() => ({ items: [] }))).items[0];
  if (!newest || Date.now() - new Date(newest.updated_at) > KEPT_MS) return;
  const said = await list(`/api/v1/conversations/${newest.id}/messages?limit=200`, 5).catch(() => ({ items: [] }));
  if (conversation || !said.items.length) return;
  conversation = newest.id;
  for (const one of said.items.slice(-40)) append(one.role === "user" ? bubble("me", h("p", {}, one.text)) : bubble("it", reply(one.text)));
}

export function clear() {
  conversation = pending = null;
  parts.hello = hello();
  parts.log.replaceChildren(parts.hello);
}

export const focus = () => parts.input.focus();

export function mount(place) {
  parts.log = h("div", { class: "log", role: "log", "aria-label": "Conversation", tabindex: "0" });
  parts.input = h("textarea", { rows: 1, maxlength: 4000, id: "chat-input", placeholder: "Tell me what to do", "aria-label": "Message", "aria-keyshortcuts": "/" });
  const form = h("form", { class: "chat-form" }, parts.input, h("button", { type: "submit", class: "primary send", "aria-label": "Send" }, icon("send")));
  const fit = () => {
    parts.input.style.height = "auto";
    parts.input.style.height = `${Math.min(parts.input.scrollHeight, 140)}px`;
  };
  parts.input.addEventListener("input", fit);
  parts.input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) event.preventDefault(), form.requestSubmit();
    if (event.key === "Escape") parts.input.blur();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = parts.input.value.trim();
    if (!text) return;
    parts.input.value = "";
    fit();
    say(text);
  });
  const fresh = h("button", { type: "button", class: "bare", title: "New conversation", "aria-label": "New conversation", onclick: () => (clear(), focus(), toast("A new conversation")) }, icon("plus"));
  place.append(h("div", { class: "chat-head" }, h("h2", { id: "chat-title" }, "Chat"), fresh), parts.log, form);
  clear();
}
