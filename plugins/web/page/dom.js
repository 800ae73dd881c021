// Elements without a framework. Text always enters as text nodes: nothing here, or elsewhere in the page, parses HTML.
const SVG = "http://www.w3.org/2000/svg";

// h("button", {class: "quiet", onclick: f, "aria-label": "Delete"}, "text", child, [more])
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (["value", "checked", "disabled", "hidden", "selected"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  check: "M4 10.5l4 4 8-9",
  plus: "M10 4v12M4 10h12",
  bell: "M10 3a4.5 4.5 0 0 0-4.5 4.5c0 4-1.5 5-1.5 6h12c0-1-1.5-2-1.5-6A4.5 4.5 0 0 0 10 3zM8.5 16.5a1.6 1.6 0 0 0 3 0",
  repeat: "M4 9V8a3 3 0 0 1 3-3h9m-3-3 3 3-3 3M16 11v1a3 3 0 0 1-3 3H4m3 3-3-3 3-3",
  calendar: "M4 5.5h12v11H4zM4 9h12M7 3.5v3.5M13 3.5v3.5",
  clock: "M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM10 6.5V10l2.5 1.8",
  trash: "M4 6h12M8 6V4h4v2M6 6l.6 10h6.8L14 6M8.6 9v4.5M11.4 9v4.5",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM12.8 12.8 16.5 16.5",
  list: "M8 5.5h8.5M8 10h8.5M8 14.5h8.5M3.6 5.5h.6M3.6 10h.6M3.6 14.5h.6",
  chat: "M4 4.5h12v8.5H9l-3.5 3V13H4z",
  shield: "M10 3l6 2v4.5c0 3.6-2.5 6-6 7.5-3.5-1.5-6-3.9-6-7.5V5zM7.5 10l1.8 1.8 3.4-3.8",
  undo: "M7 5 3.5 8.5 7 12M4 8.5h8a4 4 0 0 1 0 8H9",
  send: "M4 10h11M10.5 5.5 15 10l-4.5 4.5",
  flag: "M5.5 17V4M5.5 4.5h9l-2 3.2 2 3.3h-9",
  warning: "M10 4l7 12H3zM10 8.5v3.5M10 14.2v.2",
  user: "M10 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 16.5c.6-3 3-4.3 6-4.3s5.4 1.3 6 4.3",
  pencil: "M4 16l.7-3.2L13 4.5 15.5 7l-8.3 8.3zM11.5 6l2.5 2.5",
  close: "M5 5l10 10M15 5 5 15",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.3h.1M8.5 8.3h.1M11.5 8.3h.1M14.5 8.3h.1M6.5 11.7h7",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export const $ = (selector, within = document) => within.querySelector(selector);

// A word of news for eyes and screen readers; goes away by itself unless it asks something.
export function toast(text, { actions = [], kind = "", lasting = false } = {}) {
  const leave = () => box.remove();
  const box = h("div", { class: `toast ${kind}` }, h("span", {}, text),
    actions.map(([label, act]) => h("button", { type: "button", onclick: () => (act(), leave()) }, label)),
    h("button", { type: "button", class: "bare", "aria-label": "Dismiss", onclick: leave }, icon("close")));
  const shelf = $("#toasts");
  shelf.append(box);
  while (shelf.children.length > 4) shelf.firstElementChild.remove();
  if (!lasting) setTimeout(leave, 8000);
  return box;
}

// A menu below a button: items are [label, act, {danger, current}] or a node. Escape, a click elsewhere and a choice close it.
export function menu(button, items) {
  $(".menu")?.remove();
  const close = (back) => {
    box.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (back) button.focus();
  };
  const outside = (event) => !box.contains(event.target) && !button.contains(event.target) && close(false);
  const rows = items.map((item) => item instanceof Node ? item
    : h("button", { type: "button", role: "menuitem", class: item[2]?.danger ? "danger" : "", onclick: () => (close(true), item[1]()) }, item[0]));
  const box = h("div", { class: "menu", role: "menu" }, rows);
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") return event.preventDefault(), close(true);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const choices = [...box.querySelectorAll("button, input")];
    if (step && event.target.type !== "date" && event.target.type !== "time") {
      event.preventDefault();
      choices.at((choices.indexOf(document.activeElement) + step) % choices.length).focus();
    }
  });
  box.close = close;
  document.body.append(box);
  const at = button.getBoundingClientRect();
  box.style.top = `${Math.max(8, Math.min(at.bottom + 6, innerHeight - box.offsetHeight - 8))}px`;
  box.style.left = `${Math.max(8, Math.min(at.right - box.offsetWidth, innerWidth - box.offsetWidth - 8))}px`;
  button.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  box.querySelector("button, input")?.focus();
  return box;
}
