// A host process of its own for a test: port and data directory of its own, ended and removed afterwards.
import { spawn, execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Asks again until look() gives something; an error that says what was waited for when it never does.
export async function until(what, look, within = 30000, every = 25) {
  const end = Date.now() + within;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${within} ms in vain for ${what}`);
    await pause(every);
  }
}

export class Host {
  constructor(binary, plugins, environment = {}) {
    this.binary = binary;
    this.environment = { ...process.env, EVH_PLUGINS: plugins, EVH_HTTP_PORT: "0", ...environment };
    this.log = "";
  }

  async start() {
    this.data ??= await mkdtemp(join(tmpdir(), "evhost-page-"));
    this.environment.EVH_DATA_DIR = this.data;
    this.process = spawn(this.binary, ["run"], { env: this.environment, stdio: ["ignore", "ignore", "pipe"] });
    process.once("exit", () => this.#abandon()); // a test that dies takes its host with it
    this.process.stderr.on("data", (text) => (this.log = (this.log + text).slice(-20000)));
    this.ended = new Promise((done) => this.process.once("exit", (code, signal) => done(code ?? signal)));
    this.url = await until("the host to be ready", async () => {
      if (this.process.exitCode !== null) throw new Error(`the host ended with ${this.process.exitCode}\n${this.log}`);
      const { port, pid } = JSON.parse(await readFile(join(this.data, "host.json"), "utf8"));
      const url = `http://127.0.0.1:${port}`;
      return pid === this.process.pid && (await fetch(`${url}/readyz`)).ok && url;
    }, 30000);
    this.environment.EVH_HTTP_PORT = new URL(this.url).port; // where it comes back after a stop
    return this;
  }

  async stop() {
    this.process.kill("SIGTERM");
    return this.ended;
  }

  async remove() {
    if (this.process?.exitCode === null) await this.stop();
    if (this.data) await rm(this.data, { recursive: true, force: true });
  }

  #abandon() {
    this.process.kill("SIGKILL");
    if (this.data) rmSync(this.data, { recursive: true, force: true });
  }

  // Another evhost command beside it: {stdout, stderr}; throws when it fails.
  command(...args) {
    return promisify(execFile)(this.binary, args, { env: this.environment, maxBuffer: 1 << 26 });
  }
}
