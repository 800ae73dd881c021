// A WebSocket of /api/v1/ws without a browser: Node 18 has no client of its own. Text frames, ping and close of RFC 6455.
import { randomBytes } from "node:crypto";
import { request } from "node:http";

export class Socket {
  received = []; // every frame of the stream, {at, ...frame}
  closed = null; // the code, once it is over

  // url: http://host:port of a host or the front.
  static async open(url, token, since = null) {
    const it = new Socket();
    await it.#connect(url);
    it.send({ type: "auth", token });
    it.send({ type: "subscribe", since });
    return it;
  }

  send(frame) {
    const text = Buffer.from(JSON.stringify(frame));
    const head = text.length < 126 ? [0x81, 0x80 | text.length] : [0x81, 0x80 | 126, text.length >> 8, text.length & 255];
    this.#write(Buffer.from(head), text);
  }

  close() {
    this.#wire?.destroy();
  }

  get last() {
    return this.received.findLast((one) => one.seq !== undefined);
  }

  #wire;
  #rest = Buffer.alloc(0);

  #connect(url) {
    return new Promise((done, fail) => {
      const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": randomBytes(16).toString("base64"), "Sec-WebSocket-Protocol": "todo.sync.v1" };
      const asked = request(`${url}/api/v1/ws`, { headers, timeout: 5000 });
      asked.on("upgrade", (_, wire, head) => {
        this.#wire = wire;
        wire.on("data", (bytes) => this.#read(bytes));
        wire.on("error", () => {}); // a close follows
        wire.on("close", () => (this.closed ??= 1006));
        if (head.length) this.#read(head);
        done();
      });
      asked.on("response", (answer) => fail(new Error(`${url}/api/v1/ws answered ${answer.statusCode}`)));
      asked.on("timeout", () => asked.destroy(new Error(`${url}/api/v1/ws does not answer`)));
      asked.on("error", fail);
      asked.end();
    });
  }

  #write(head, payload) {
    const mask = randomBytes(4);
    this.#wire.write(Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at % 4])]));
  }

  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      if (this.#rest.length < 2) return;
      const short = this.#rest[1] & 127;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#rest.length < start) return;
      const length = short < 126 ? short : short === 126 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2));
      if (this.#rest.length < start + length) return;
      const payload = this.#rest.subarray(start, start + length);
      const what = this.#rest[0] & 15;
      this.#rest = this.#rest.subarray(start + length);
      if (what === 1) this.received.push({ at: Date.now(), ...JSON.parse(payload.toString()) });
      else if (what === 9) this.#write(Buffer.from([0x8a, 0x80 | payload.length]), payload);
      else if (what === 8) this.closed = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
  }
}

// One that comes back: where it was cut, it subscribes anew from the last frame it had, and collects all of them in order.
export class Follower {
  frames = [];
  cuts = 0;

  static async start(url, token) {
    const it = new Follower();
    it.#url = url;
    it.#token = token;
    await it.#open(null);
    it.#running = it.#follow();
    return it;
  }

  async stop() {
    this.#over = true;
    await this.#running;
    this.#socket.close();
  }

  #url;
  #token;
  #socket;
  #epoch;
  #taken = 0;
  #over = false;
  #running;

  async #open(since) {
    this.#socket = await Socket.open(this.#url, this.#token, since);
    this.#taken = 0;
    const end = Date.now() + 5000;
    while (!this.#socket.received.some((one) => one.type === "subscribed")) {
      if (Date.now() > end || this.#socket.closed) throw new Error(`no subscription: ${JSON.stringify(this.#socket.received)}`);
      await new Promise((done) => setTimeout(done, 5));
    }
    const answer = this.#socket.received.find((one) => one.type === "subscribed");
    this.#epoch = answer.epoch;
    this.seq ??= answer.seq;
  }

  #take() {
    for (; this.#taken < this.#socket.received.length; ++this.#taken) {
      const frame = this.#socket.received[this.#taken];
      if (frame.type !== "event") continue;
      this.frames.push(frame);
      this.seq = frame.seq;
    }
  }

  async #follow() {
    while (!this.#over) {
      this.#take();
      if (this.#socket.closed) {
        ++this.cuts;
        await this.#open({ epoch: this.#epoch, seq: this.seq }).catch(() => {}); // the front may not have noticed yet: again
      }
      await new Promise((done) => setTimeout(done, 10));
    }
    this.#take();
  }
}
