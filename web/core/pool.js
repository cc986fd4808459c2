// Several workers, a core in each: questions wait in one queue, and each worker has one at a time.
// They share no memory. A worker is made when there is work for it, and again if it is lost.

import { CoreError } from "./core.js";

/**
 * @typedef {import("./answers.js").Method} Method
 * @typedef {import("./ports.js").Port} Port
 *
 * @typedef {object} Job
 * @property {Method} method
 * @property {readonly unknown[]} given
 * @property {AbortSignal | undefined} signal
 * @property {(found: any) => void} found
 * @property {(error: unknown) => void} failed
 * @property {() => void} done no longer hears of an abort
 *
 * @typedef {object} Member a worker
 * @property {Port} port
 * @property {boolean} isReady
 * @property {Job | null} job
 * @property {number} id of the question, so that a late answer is known
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 */

/** A worker was lost; the pool goes on without it, and the question may be asked again. */
export class LostWorker extends Error {
  /** @param {string} why */
  constructor(why) {
    super(`a worker was lost: ${why}; ask again`);
    this.name = "LostWorker";
  }
}

const NO_POLICY = "there is no policy";

export class Pool {
  /** @type {Member[]} */
  #members = [];
  /** @type {Job[]} */
  #queue = [];
  #spawn;
  #start;
  #limit_ms;
  #patience_ms;
  #n_asked = 0;
  #closed = false;

  /**
   * @param {object} how
   * @param {import("./ports.js").Spawn} how.spawn
   * @param {WebAssembly.Module} how.module of crystal-forge.wasm
   * @param {ArrayBuffer | string} [how.policy] file of the policy that questions may name, or why
   *   there is none
   * @param {number} how.size workers at most
   * @param {number} [how.limit_ms] a worker that answers nothing for so long is lost
   * @param {number} [how.patience_ms] a worker whose question was given up is replaced after so long
   */
  constructor({ spawn, module, policy = NO_POLICY, size, limit_ms = 60_000, patience_ms = 250 }) {
    if (!Number.isInteger(size) || size < 1 || size > 64) throw new RangeError(`a pool has 1..64 workers, got ${size}`);
    this.size = size;
    this.#spawn = spawn;
    this.#start = { module, policy };
    this.#limit_ms = limit_ms;
    this.#patience_ms = patience_ms;
  }

  /**
   * Asks a worker's core.
   *
   * @param {Method} method of `Core`
   * @param {readonly unknown[]} given its arguments; `POLICY` stands for the numbers of the policy
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} rejected with a CoreError for what cannot be asked, a LostWorker, or the
   *   signal's reason
   */
  ask(method, given, signal) {
    return new Promise((found, failed) => {
      if (this.#closed) return failed(new LostWorker("the pool is closed"));
      if (signal?.aborted) return failed(signal.reason);
      const giveUp = () => this.#giveUp(job);
      const done = () => signal?.removeEventListener("abort", giveUp);
      /** @type {Job} */
      const job = { method, given, signal, found, failed, done };
      signal?.addEventListener("abort", giveUp);
      this.#queue.push(job);
      this.#next();
    });
  }

  /** Ends all workers; what was asked is rejected. */
  close() {
    this.#closed = true;
    const jobs = [...this.#queue, ...this.#members.flatMap(({ job }) => job ?? [])];
    for (const member of this.#members) this.#end(member);
    this.#members = this.#queue = [];
    for (const job of jobs) fail(job, new LostWorker("the pool is closed"));
  }

  #next() {
    while (this.#queue.length > 0) {
      const idle = this.#members.find((each) => each.isReady && each.job === null && each.timer === undefined);
      if (idle !== undefined) {
        this.#give(idle, /** @type {Job} */ (this.#queue.shift()));
        continue;
      }
      const n_starting = this.#members.filter((each) => !each.isReady).length;
      if (this.#members.length < this.size && n_starting < this.#queue.length) this.#add();
      else return;
    }
  }

  #add() {
    const { port, lock, alive } = this.#spawn({
      message: (message) => this.#hear(member, message, alive),
      gone: (why) => this.#lost(member, why),
    });
    /** @type {Member} */
    const member = { port, isReady: false, job: null, id: 0, timer: undefined };
    this.#members.push(member);
    this.#time(member, this.#limit_ms, "it did not start");
    port.post({ start: { ...this.#start, lock } });
  }

  /** @param {Member} member @param {Job} job */
  #give(member, job) {
    member.job = job;
    member.id = ++this.#n_asked;
    this.#time(member, this.#limit_ms, `it was silent for ${this.#limit_ms / 1000} seconds`);
    member.port.post({ id: member.id, method: job.method, given: job.given });
  }

  /** @param {Member} member @param {any} message @param {() => void} alive */
  #hear(member, message, alive) {
    if (!this.#members.includes(member)) return;
    if ("failed" in message) return this.#broken(member, message.failed);
    if (!("ready" in message) && message.id !== member.id) return;
    // Where the core itself broke down, what it holds is worth nothing any more.
    if (message.error?.name === "RuntimeError") return this.#lost(member, message.error.message);
    clearTimeout(member.timer);
    member.timer = undefined;
    if ("ready" in message) {
      member.isReady = true;
      alive();
    } else if (member.job !== null) {
      const job = member.job;
      member.job = null;
      job.done();
      if ("found" in message) job.found(message.found);
      else job.failed(rebuilt(message.error));
    }
    this.#next();
  }

  /** A core that cannot be started: another one could not either. @param {Member} member @param {string} why */
  #broken(member, why) {
    this.#remove(member);
    if (this.#members.some((each) => each.isReady)) return this.#next();
    for (const job of this.#queue.splice(0)) fail(job, new CoreError(why, -1));
  }

  /** @param {Member} member @param {string} why */
  #lost(member, why) {
    if (!this.#members.includes(member)) return;
    const wasStarting = !member.isReady;
    this.#remove(member);
    if (member.job !== null) fail(member.job, new LostWorker(why));
    // One that never started would be made again and again.
    else if (wasStarting && this.#members.length === 0)
      for (const job of this.#queue.splice(0)) fail(job, new LostWorker(why));
    this.#next();
  }

  /** @param {Job} job */
  #giveUp(job) {
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    const member = this.#members.find((each) => each.job === job);
    if (member !== undefined) {
      member.job = null;
      this.#time(member, this.#patience_ms, "its question was given up");
    }
    fail(job, job.signal?.reason);
  }

  /** @param {Member} member @param {number} ms @param {string} why */
  #time(member, ms, why) {
    clearTimeout(member.timer);
    member.timer = setTimeout(() => this.#lost(member, why), ms);
  }

  /** @param {Member} member */
  #remove(member) {
    this.#members = this.#members.filter((each) => each !== member);
    this.#end(member);
  }

  /** @param {Member} member */
  #end(member) {
    clearTimeout(member.timer);
    member.port.end();
  }
}

/** @param {Job} job @param {unknown} error */
function fail(job, error) {
  job.done();
  job.failed(error);
}

/** An error of a worker's core. @param {{ message: string, name: string }} told */
function rebuilt({ message, name }) {
  const error = name === "CoreError" ? new CoreError(message, -1) : new Error(message);
  error.name = name;
  return error;
}
