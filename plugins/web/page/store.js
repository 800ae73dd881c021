// The tasks this page knows, and what it has asked for but not yet been told: every change shows at once, marked as on its
// way, and is either confirmed, kept for later (no connection) or refused with a way to try again or take it back.
//
// Changes of one task are sent one after the other, each under one Idempotency-Key however often it is sent. Versions
// decide between an answer and the live stream: the higher one stays.
import { call, list, newId, Refused } from "./api.js";
import { me } from "./auth.js";
import { live } from "./live.js";

const WAITING_MAX = 200; // changes kept while there is no connection; more are refused
const DONE_SHOWN = 100;

class Store extends EventTarget {
  #tasks = new Map(); // id -> the server's newest
  #gone = new Map(); // id -> version it was deleted at: late news must not bring it back
  #changes = new Map(); // id -> changes not confirmed, oldest first
  #sending = new Set(); // ids with a request under way
  #retry = 0;
  #attempt = 0;
  loaded = false;
  loading = null; // what went wrong with loading, as text
  more = false; // the server has more than the page holds

  constructor() {
    super();
    live.addEventListener("change", ({ detail: { event, data } }) => {
      if (event.startsWith("todo.task.")) this.#heard(data);
      if (event.startsWith("todo.project.")) this.#heardOfProject(event, data);
    });
    live.addEventListener("snapshot", () => this.load());
    live.addEventListener("state", () => live.state === "live" && this.resend());
    addEventListener("online", () => this.resend());
  }

  #changed(id = null) {
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }

  clear() {
    this.#tasks.clear();
    this.#gone.clear();
    this.#changes.clear();
    clearTimeout(this.#retry);
    this.loaded = false;
    this.#changed();
  }

  async load() {
    const before = new Map([...this.#tasks].map(([id, task]) => [id, task.version]));
    try {
      const [open, done] = await Promise.all([
        list("/api/v1/tasks?status=pending&limit=200"),
        list(`/api/v1/tasks?status=completed&sort=-updated&limit=${DONE_SHOWN}`, 1),
      ]);
      const fresh = [...open.items, ...done.items];
      const here = new Set(fresh.map((task) => task.id));
      // What the server no longer lists is gone, unless we heard of it while the list was on its way.
      for (const [id, task] of this.#tasks) if (!here.has(id) && !open.more && before.get(id) === task.version) this.#tasks.delete(id);
      for (const task of fresh) this.#take(task);
      this.more = open.more;
      this.loaded = true;
      this.loading = null;
    } catch (error) {
      this.loading = error.message;
    }
    this.#changed();
  }

  // Finds what the page does not hold.
  async find(text) {
    if (!this.more) return;
    const found = await list(`/api/v1/tasks?q=${encodeURIComponent(text)}&limit=100`, 1).catch(() => ({ items: [] }));
    for (const task of found.items) this.#take(task);
    this.#changed();
  }

  #take(task) {
    if ((this.#gone.get(task.id) ?? 0) >= task.version) return;
    this.#gone.delete(task.id);
    if ((this.#tasks.get(task.id)?.version ?? 0) <= task.version) this.#tasks.set(task.id, task);
  }

  #drop(id, version) {
    if ((this.#tasks.get(id)?.version ?? 0) > version) return;
    this.#gone.set(id, version);
    this.#tasks.delete(id);
  }

  #heard(update) {
    const known = this.#tasks.get(update.task_id);
    if (update.event === "deleted" || !update.task) this.#drop(update.task_id, update.version);
    else this.#take(update.task);
    if (known?.version !== update.version && !this.#changes.has(update.task_id)) this.dispatchEvent(new CustomEvent("news", { detail: update.task_id }));
    this.#changed(update.task_id);
  }

  // Who is taken out of a project no longer has its tasks; who comes in has them all at once.
  #heardOfProject(event, { project, member }) {
    const mine = member?.user_id === me();
    if (event === "todo.project.deleted.v1" || (event === "todo.project.member_removed.v1" && mine)) {
      for (const [id, task] of this.#tasks) if (task.project_id === project.id && task.owner !== me()) this.#tasks.delete(id);
      this.#changed();
    }
    if (event === "todo.project.deleted.v1" || (event === "todo.project.member_added.v1" && mine)) this.load();
  }

  // The task as it should be shown: with `waiting` (being sent), `kept` (no connection), `problem` (refused).
  view(id) {
    const changes = this.#changes.get(id) ?? [];
    let task = this.#tasks.get(id);
    for (const change of changes) task = change.kind === "create" ? task ?? change.shows : { ...task, ...change.shows };
    if (!task) return null;
    const failed = changes.find((change) => change.problem);
    return { ...task, deleted: changes.some((change) => change.kind === "delete" && !change.problem), waiting: changes.length > 0 && !failed,
      kept: changes.some((change) => change.kept), problem: failed?.problem ?? null };
  }

  all() {
    const ids = new Set([...this.#tasks.keys(), ...this.#changes.keys()]);
    return [...ids].map((id) => this.view(id)).filter((task) => task && !task.deleted);
  }

  get unsent() {
    return [...this.#changes.values()].flat().filter((change) => change.kept).length;
  }

  // ---- changes -------------------------------------------------------------------------------------------------------
  create(fields) {
    const id = newId();
    const now = new Date().toISOString();
    const shows = { id, title: "", description: "", status: "pending", priority: "medium", tags: [], due: null, reminders: [],
      recurrence: null, version: 0, created_at: now, updated_at: now, completed_at: null, ...fields };
    this.#ask(id, { kind: "create", shows, method: "POST", path: "/api/v1/tasks", body: { id, ...fields } });
    return id;
  }

  patch(id, fields) {
    this.#ask(id, { kind: "patch", shows: fields, method: "PATCH", path: `/api/v1/tasks/${id}`, body: fields });
  }

  complete(id, done = true) {
    const shows = done ? { status: "completed", completed_at: new Date().toISOString() } : { status: "pending", completed_at: null };
    this.#ask(id, { kind: "status", shows, method: "POST", path: `/api/v1/tasks/${id}/${done ? "complete" : "reopen"}` });
  }

  remove(id) {
    this.#ask(id, { kind: "delete", title: this.view(id)?.title, shows: {}, method: "DELETE", path: `/api/v1/tasks/${id}` });
  }

  again(id) {
    for (const change of this.#changes.get(id) ?? []) change.problem = null;
    this.#send(id);
  }

  discard(id) {
    this.#changes.delete(id);
    this.#changed(id);
  }

  resend() {
    clearTimeout(this.#retry);
    this.#attempt = 0;
    for (const id of this.#changes.keys()) this.#send(id);
  }

  #ask(id, change) {
    const line = this.#changes.get(id) ?? [];
    const full = [...this.#changes.values()].flat().length >= WAITING_MAX;
    line.push({ ...change, key: newId(), kept: false, problem: full ? "Too many changes are waiting for a connection." : null });
    this.#changes.set(id, line);
    this.#changed(id);
    if (!full) this.#send(id);
  }

  async #send(id) {
    if (this.#sending.has(id)) return;
    this.#sending.add(id);
    for (let line; (line = this.#changes.get(id))?.length && !line[0].problem; ) {
      const change = line[0];
      try {
        await this.#perform(id, change);
        if (this.#changes.get(id)?.[0] === change) line.shift();
        if (!line.length) this.#changes.delete(id);
      } catch (error) {
        if (!(error instanceof Refused)) { this.#keep(change, error); break; }
        change.kept = false;
        change.problem = error.errors[0]?.message ? `${error.errors[0].pointer.slice(1)} ${error.errors[0].message}` : error.message;
      }
      this.#changed(id);
    }
    this.#sending.delete(id);
    this.#changed(id);
  }

  #keep(change, error) {
    change.kept = true;
    const wait = error.retryAfter ? error.retryAfter * 1000 : Math.random() * Math.min(30000, 1000 * 2 ** this.#attempt++);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => { for (const id of this.#changes.keys()) this.#send(id); }, 500 + wait);
  }

  async #perform(id, change) {
    const { method, path, body, key } = change;
    for (let attempt = 0; ; ++attempt) {
      const version = this.#tasks.get(id)?.version;
      const ifMatch = method === "PATCH" || method === "DELETE" ? `"${version}"` : undefined;
      try {
        const answer = await call(method, path, { body, key, ifMatch });
        if (change.kind === "delete") this.#drop(id, version);
        else {
          const { notices = [], ...task } = answer.body;
          this.#take(task);
          for (const text of notices) this.dispatchEvent(new CustomEvent("notice", { detail: text }));
        }
        const undo = answer.headers.get("undo-token");
        if (undo && change.kind === "delete") this.dispatchEvent(new CustomEvent("deleted", { detail: { title: change.title, undo } }));
        return;
      } catch (error) {
        if (change.kind === "delete" && error instanceof Refused && error.status === 404) return this.#drop(id, version);
        // Somebody was faster. What we change is ours to change still, unless they changed the very same field.
        if (!(error instanceof Refused) || error.status !== 412 || attempt === 2) throw error;
        const before = this.#tasks.get(id);
        const now = (await call("GET", path)).body;
        this.#take(now);
        const same = before && Object.keys(body ?? {}).find((field) => JSON.stringify(before[field]) !== JSON.stringify(now[field]));
        if (same) throw new Refused(412, { detail: `The ${same} was changed elsewhere meanwhile.` });
      }
    }
  }
}

export const store = new Store();
