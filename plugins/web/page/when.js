// Dates as people read them. A date stays a date and a wall-clock time stays one; only zoned times and instants are turned
// into the reader's own zone.
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const two = (number) => String(number).padStart(2, "0");
export const dateOf = (moment) => `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
export const timeOf = (moment) => `${two(moment.getHours())}:${two(moment.getMinutes())}`;
export const today = () => dateOf(new Date());

// "2026-08-19" [+ "17:00"] as the reader's local moment.
function moment(date, time = "00:00") {
  const [year, month, day] = date.split("-").map(Number);
  const [hour, minute] = time.split(":").map(Number);
  return new Date(year, month - 1, day, hour, minute);
}

export function addDays(date, days) {
  const start = moment(date, "12:00");
  start.setDate(start.getDate() + days);
  return dateOf(start);
}

// The instant of a wall-clock time in another zone: guess it is UTC, then correct by the offset found there.
function inZone(local, tz) {
  const wanted = Date.parse(`${local.slice(0, 16)}:00Z`);
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: tz, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  let at = wanted;
  for (let i = 0; i < 2; ++i) {
    const seen = Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, part.value]));
    at += wanted - Date.parse(`${seen.year}-${seen.month}-${seen.day}T${seen.hour}:${seen.minute}:00Z`);
  }
  return new Date(at);
}

// {date, time|null} for the reader; null without a due.
export function reading(due) {
  if (!due) return null;
  if (due.date) return { date: due.date, time: null };
  if (due.local && !due.tz) return { date: due.local.slice(0, 10), time: due.local.slice(11, 16) };
  const at = due.instant ? new Date(due.instant) : inZone(due.local, due.tz);
  return { date: dateOf(at), time: timeOf(at) };
}

export function overdue(due, now = new Date()) {
  const read = reading(due);
  if (!read) return false;
  return read.time ? moment(read.date, read.time) < now : read.date < dateOf(now);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
export const clockText = (time) => clock.format(moment("2026-01-01", time));

// Today, Tomorrow, Yesterday, Fri 27 Nov, 3 Jan 2027
export function dayText(date, now = today()) {
  if (date === now) return "Today";
  if (date === addDays(now, 1)) return "Tomorrow";
  if (date === addDays(now, -1)) return "Yesterday";
  const near = date.slice(0, 4) === now.slice(0, 4);
  return moment(date).toLocaleDateString(undefined, near ? { weekday: "short", day: "numeric", month: "short" }
    : { day: "numeric", month: "short", year: "numeric" });
}

export const longDay = (date) => moment(date).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });

export function dueText(due) {
  const read = reading(due);
  return read ? dayText(read.date) + (read.time ? `, ${clockText(read.time)}` : "") : "";
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
export function agoText(at, now = Date.now()) {
  const seconds = Math.round((new Date(at) - now) / 1000);
  if (Math.abs(seconds) < 45) return "just now";
  for (const [unit, size, next] of [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 7 * 86400]])
    if (Math.abs(seconds) < next) return relative.format(Math.round(seconds / size), unit);
  return dayText(dateOf(new Date(at)));
}

export const exactText = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

// Sorting: what is due first stands first; what has no due stands last.
export function dueOrder(due) {
  const read = reading(due);
  return read ? `${read.date}T${read.time ?? "24:00"}` : "9999";
}

const DAYS = { MO: "Mon", TU: "Tue", WE: "Wed", TH: "Thu", FR: "Fri", SA: "Sat", SU: "Sun" };
const UNITS = { MINUTELY: "minute", HOURLY: "hour", DAILY: "day", WEEKLY: "week", MONTHLY: "month", YEARLY: "year" };

// A rule in a few words; what is too special for that just "repeats".
export function ruleText(rrule) {
  const rule = Object.fromEntries(rrule.replace(/^RRULE:/, "").split(";").map((part) => part.split("=")));
  const unit = UNITS[rule.FREQ];
  const days = rule.BYDAY?.split(",") ?? [];
  if (!unit || days.some((day) => !DAYS[day]) || rule.BYSETPOS || rule.BYWEEKNO || rule.BYYEARDAY) return "repeats";
  const count = Number(rule.INTERVAL ?? 1);
  if (rule.FREQ === "WEEKLY" && count === 1 && days.length === 5 && !/S[AU]/.test(rule.BYDAY)) return "every weekday";
  const every = count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
  if (!days.length) return every;
  const names = days.map((day) => DAYS[day]).join(", ");
  return rule.FREQ === "WEEKLY" && count === 1 ? `every ${names}` : `${every} on ${names}`;
}

export function reminderText(reminder) {
  if (reminder.at) return dueText(reminder.at);
  const [, days, hours, minutes] = /^-?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:0S)?)?$/.exec(reminder.offset) ?? [];
  const parts = [[days, "day"], [hours, "hour"], [minutes, "min"]].filter(([number]) => Number(number) > 0)
    .map(([number, unit]) => `${number} ${unit}${unit !== "min" && Number(number) > 1 ? "s" : ""}`);
  const before = parts.length ? `${parts.join(" ")} before` : reminder.time ? "on the day" : "on time";
  return reminder.time ? `${before}, ${clockText(reminder.time)}` : before;
}

// ---- what the forms offer --------------------------------------------------------------------------------------------
const BYDAY = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
export const REPEATS = [
  ["", "Does not repeat"], ["daily", "Every day"], ["weekdays", "Every weekday"], ["weekly", "Every week"],
  ["biweekly", "Every 2 weeks"], ["monthly", "Every month"], ["yearly", "Every year"],
];

export function repeatRule(preset, date) {
  const day = BYDAY[moment(date).getDay()];
  return {
    daily: "FREQ=DAILY", weekdays: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", weekly: `FREQ=WEEKLY;BYDAY=${day}`,
    biweekly: `FREQ=WEEKLY;INTERVAL=2;BYDAY=${day}`, monthly: "FREQ=MONTHLY", yearly: "FREQ=YEARLY",
  }[preset];
}

export const REMINDERS = [
  ["", "No reminder"], ["PT0S", "At the time"], ["-PT10M", "10 minutes before"], ["-PT30M", "30 minutes before"],
  ["-PT1H", "1 hour before"], ["-P1D", "1 day before"],
];

// Without a time of day "at the time" means nine in the morning.
export function reminderOf(offset, time) {
  if (time || offset.startsWith("-PT")) return { offset };
  return { offset, time: "09:00" };
}

export const dueOf = (date, time) => (date ? (time ? { local: `${date}T${time}` } : { date }) : null);
