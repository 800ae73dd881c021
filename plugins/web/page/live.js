// The WebSocket: changes as they happen, resumed where it stopped. seq and epoch are the server's; prev lets us see a gap.
//
// Events: "state" (connecting | live | waiting), "change" ({event, data}), "snapshot" (what the page knows is older than the
// stream: load it anew). The stream's position is read first and the snapshot after it, so nothing falls between them.
import { config } from "./config.js";
import { accessToken, auth, refresh } from "./auth.js";

const PING_MS = 25000;
const SILENCE_MS = 40000;
const STABLE_MS = 5000; // a connection that lasted this long was a good one: the next wait is short again
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30000;

class Live extends EventTarget {
  state = "connecting";
  #socket = null;
  #position = null; // {epoch, seq}
  #fresh = true; // the next subscription begins anew
  #attempt = 0;
  #timer = 0;
  #pulse = 0;
  #heard = 0;
  #since = Infinity; // when it went live
  #wanted = false;
  #offline = false; // the browser said that the network went away, and not yet that it came back

  constructor() {
    super();
    // navigator.onLine is not asked: it is false on machines without a network, whose own host is in reach all the same.
    addEventListener("online", () => ((this.#offline = false), this.#wanted && this.state !== "live" && this.#connect()));
    addEventListener("offline", () => ((this.#offline = true), this.#socket?.close()));
    auth.addEventListener("token", () => this.#present());
    auth.addEventListener("signed-out", () => this.stop());
  }

  start() {
    this.#wanted = true;
    this.#position = null;
    this.#connect();
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    clearInterval(this.#pulse);
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#socket?.close();
    if (this.state !== "waiting") this.#become("connecting");
    const socket = new WebSocket(config.ws, ["todo.sync.v1"]);
    this.#socket = socket;
    socket.onopen = () => this.#present();
    socket.onmessage = (message) => socket === this.#socket && this.#read(JSON.parse(message.data));
    socket.onclose = (closed) => socket === this.#socket && this.#ended(closed.code);
    this.#heard = Date.now();
    clearInterval(this.#pulse);
    this.#pulse = setInterval(() => this.#beat(), PING_MS);
  }

  // Says who we are: at the start, and again with each new token so that the connection outlives the old one.
  async #present() {
    const socket = this.#socket;
    const token = await accessToken().catch(() => null);
    if (token && socket?.readyState === WebSocket.OPEN) this.#say({ type: "auth", token });
  }

  #say(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #beat() {
    if (Date.now() - this.#heard > SILENCE_MS) return this.#socket?.close();
    this.#say({ type: "ping" });
  }

  #read(frame) {
    this.#heard = Date.now();
    if (frame.type === "authenticated") {
      if (this.state === "live") return; // a renewed token on a running stream
      this.#fresh = this.#position === null;
      this.#say({ type: "subscribe", since: this.#position });
    } else if (frame.type === "subscribed") {
      // A resumed stream continues from where we are: what we missed follows as events.
      if (this.#fresh) this.#position = { epoch: frame.epoch, seq: frame.seq };
      this.#since = Date.now();
      this.#become("live");
      if (this.#fresh) this.dispatchEvent(new Event("snapshot"));
      this.#fresh = false;
    } else if (frame.type === "resync_required") {
      this.#position = null;
      this.#fresh = true;
      this.#say({ type: "subscribe", since: null });
    } else if (frame.type === "event") {
      if (frame.seq <= this.#position.seq) return;
      if (frame.prev > this.#position.seq) return this.#socket.close(); // a gap: resume from what we have
      this.#position.seq = frame.seq;
      this.dispatchEvent(new CustomEvent("change", { detail: { event: frame.event, data: frame.data } }));
    }
  }

  async #ended(code) {
    clearInterval(this.#pulse);
    this.#socket = null;
    if (!this.#wanted) return;
    this.#become("waiting");
    if (code === 4401) await refresh().catch(() => null); // signed out when the session is gone: stop() follows
    if (!this.#wanted) return;
    if (Date.now() - this.#since > STABLE_MS) this.#attempt = 0;
    this.#since = Infinity;
    // Full jitter: a restarted server is not met by everybody at once.
    const wait = Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#attempt++);
    this.#timer = setTimeout(() => this.#connect(), this.#offline ? BACKOFF_MAX_MS : 100 + wait);
  }
}

export const live = new Live();
