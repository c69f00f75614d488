// The example `demo` as a process of its own: it can be killed and started again, and its processor time is read.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const PROGRAM = process.env.CONSOLE_PROGRAM;
const TOKEN = 'token-of-the-browser-tests';
/** Ends by itself after so many seconds, whatever happens to the tests. */
const LONGEST = 600;
/** The kernel counts processor time in hundredths of a second. */
const TICK_MS = 10;

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** A port that is free now. */
export function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

export class Program {
  constructor(port, options = []) {
    this.port = port;
    this.options = options;
    this.url = `http://127.0.0.1:${port}/`;
  }

  async start() {
    const flags = ['--port', this.port, '--token', TOKEN, '--seconds', LONGEST, ...this.options];
    this.process = spawn(PROGRAM, flags.map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
    for (let times = 0; times < 300; times += 1) {
      const answer = await this.get('snapshot').catch(() => undefined);
      if (answer) return this;
      await wait(100);
    }
    throw new Error('the program does not answer');
  }

  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGKILL');
    await ended;
  }

  async get(path) {
    const answer = await fetch(`${this.url}api/${path}`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }

  /** Opens a screen with the cookie of the token. */
  async open(page, hash) {
    await page.goto(`${this.url}?token=${TOKEN}`);
    await page.goto(`${this.url}${hash}`);
  }

  /** The processor time of the program so far. */
  busyMs() {
    const text = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  /** The share of a core that the program takes in so many milliseconds. */
  async share(ms) {
    const [began, before] = [performance.now(), this.busyMs()];
    await wait(ms);
    return (this.busyMs() - before) / (performance.now() - began);
  }

  memoryMb() {
    const text = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(text.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
  }
}
