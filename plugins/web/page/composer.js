// The form that adds a task: a title, and when it is opened due, priority, repetition and a reminder.
import { h, icon } from "./dom.js";
import { store } from "./store.js";
import { dayText, addDays, dueOf, reminderOf, repeatRule, today, REMINDERS, REPEATS } from "./when.js";

const options = (pairs) => pairs.map(([value, label]) => h("option", { value }, label));

export function composer(defaultDate) {
  const title = h("input", { id: "new-title", name: "title", maxlength: 500, placeholder: "Add a task", autocomplete: "off", "aria-label": "Title of the new task", "aria-keyshortcuts": "q" });
  const date = h("input", { type: "date", id: "new-date", min: "1970-01-01", max: "9999-12-31" });
  const time = h("input", { type: "time", id: "new-time" });
  const priority = h("select", { id: "new-priority" }, options([["critical", "Critical"], ["high", "High"], ["medium", "Medium"], ["low", "Low"]]));
  const repeat = h("select", { id: "new-repeat" }, options(REPEATS));
  const reminder = h("select", { id: "new-reminder" }, options(REMINDERS));
  const note = h("p", { class: "field-error", role: "alert" });
  const shortcut = (label, days) => h("button", { type: "button", class: "chip", onclick: () => ((date.value = addDays(today(), days)), title.focus()) }, label);
  const field = (label, input, wide) => h("label", { class: wide ? "mini wide-mini" : "mini" }, h("span", {}, label), input);

  const form = h("form", { class: "composer", novalidate: true, "aria-label": "Add a task" },
    h("div", { class: "composer-line" }, icon("plus"), title, h("button", { type: "submit", class: "primary small" }, "Add")),
    h("div", { class: "composer-more" },
      h("div", { class: "chips", role: "group", "aria-label": "Due" }, shortcut("Today", 0), shortcut("Tomorrow", 1), shortcut("Next week", 7)),
      h("div", { class: "minis" }, field("Due", date), field("Time", time), field("Priority", priority), field("Repeat", repeat, true), field("Remind", reminder, true)),
      note));

  const open = (yes) => form.classList.toggle("open", yes);
  const reset = () => {
    form.reset();
    priority.value = "medium";
    note.textContent = "";
    title.removeAttribute("aria-invalid");
  };
  reset();

  // A time, a repetition or a reminder needs a day: today, unless one is chosen.
  for (const input of [time, repeat, reminder]) input.addEventListener("change", () => { if (input.value && !date.value) date.value = today(); });
  title.addEventListener("focus", () => open(true));
  title.addEventListener("input", () => (note.textContent = ""));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    reset(), open(false), document.activeElement.blur();
  });
  // On click, not on pointerdown: what is below moves up, and the click would miss what it was meant for.
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target) && !title.value.trim() && !date.value) open(false);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = title.value.trim();
    if (!text) {
      note.textContent = "Say what is to be done.";
      title.setAttribute("aria-invalid", "true");
      return open(true), title.focus();
    }
    const day = date.value || defaultDate() || "";
    const fields = { title: text, priority: priority.value };
    if (day) fields.due = dueOf(day, time.value);
    if (repeat.value) fields.recurrence = { rrule: repeatRule(repeat.value, day) };
    if (reminder.value) fields.reminders = [reminderOf(reminder.value, time.value)];
    const id = store.create(fields);
    reset();
    title.focus();
    form.dispatchEvent(new CustomEvent("added", { detail: id }));
  });
  form.focusTitle = () => (open(true), title.focus());
  form.presetLabel = () => (defaultDate() ? `Add a task for ${dayText(defaultDate()).toLowerCase()}` : "Add a task");
  form.relabel = () => (title.placeholder = form.presetLabel());
  return form;
}
