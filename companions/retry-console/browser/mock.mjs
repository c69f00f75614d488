// A server that fakes the API of a console, for work on the pages and for tests of odd cases.
//
//   node mock.mjs --port 7700 --functions 1000 --live 10000 --token secret --role view --no-tasks --peers 4

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Program } from './mock/program.mjs';
import { simulated } from './mock/simulated.mjs';
import { Tasks } from './mock/tasks.mjs';

const UI = fileURLToPath(new URL('../ui/', import.meta.url));
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

/** Starts the server; the returned object can make the connection misbehave. */
export async function startMock(options = {}) {
  const settings = { port: 0, host: '127.0.0.1', functions: 12, live: 14, peers: 4, role: 'operate', hasTasks: true, token: undefined, mount: '/', tick: 100, ...options };
  const mock = new Mock(settings);
  const server = createServer((request, response) => mock.answer(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }));
  await new Promise((done) => server.listen(settings.port, settings.host, done));
  mock.server = server;
  mock.url = `http://127.0.0.1:${server.address().port}${settings.mount}`;
  return mock;
}

class Mock {
  constructor(settings) {
    this.settings = settings;
    this.program = new Program(settings);
    this.tasks = settings.hasTasks ? new Tasks(settings.tasks ?? 10_000, settings.portion) : undefined;
    this.streams = new Set();
    this.orders = [];
    this.isSilent = false;
    this.isDown = false;
    this.role = settings.role;
    this.ticks = setInterval(() => this.tick(), settings.tick);
    this.heartbeats = setInterval(() => this.isSilent || this.write(': still here\n\n'), 2_000);
  }

  async stop() {
    clearInterval(this.ticks);
    clearInterval(this.heartbeats);
    this.dropStreams();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Ends every stream, as a proxy or a restart does. */
  dropStreams() {
    for (const response of this.streams) response.destroy();
    this.streams.clear();
  }

  write(text) {
    for (const response of this.streams) response.write(text);
  }

  tick() {
    const delta = this.program.step(this.tasks);
    if (delta && !this.isSilent) this.write(`id: ${delta.id}\nevent: delta\ndata: ${JSON.stringify(delta)}\n\n`);
  }

  snapshot() {
    return { ...this.program.snapshot(this.tasks), role: this.role };
  }

  async answer(request, response) {
    const url = new URL(request.url, 'http://mock');
    const { mount } = this.settings;
    if (url.pathname === mount.slice(0, -1)) return void response.writeHead(308, { Location: mount }).end();
    if (!url.pathname.startsWith(mount)) return fail(response, 404, 'there is nothing here');
    if (this.isDown) return void request.socket.destroy();
    const at = url.pathname.slice(mount.length);
    if (url.searchParams.has('token')) return this.takeToken(url, response);
    if (!at.startsWith('api/')) return asset(at || 'index.html', response);
    if (!this.isAllowed(request)) return fail(response, 401, 'a token is needed: open the console with `?token=…`');
    const parts = at.slice(4).split('/').map(decodeURIComponent);
    if (request.method === 'POST') return this.order(parts, request, response, url.searchParams.get('process'));
    return this.read(parts, url.searchParams, request, response);
  }

  takeToken(url, response) {
    if (url.searchParams.get('token') !== this.settings.token) return fail(response, 401, 'the token is wrong');
    const cookie = `retry-console=${encodeURIComponent(this.settings.token)}; HttpOnly; SameSite=Strict; Path=/`;
    return void response.writeHead(303, { Location: './', 'Set-Cookie': cookie }).end();
  }

  isAllowed(request) {
    const { token } = this.settings;
    return !token || request.headers.authorization === `Bearer ${token}` || (request.headers.cookie ?? '').includes(`retry-console=${encodeURIComponent(token)}`);
  }

  read([what, id], query, request, response) {
    if (what === 'stream') return this.stream(response);
    if (what === 'snapshot') return json(response, this.snapshot());
    if (what === 'functions') return found(response, this.program.detail(id), `there is no function \`${id}\``);
    if (what === 'configuration') return json(response, this.program.configuration());
    if (what === 'simulate') {
      const answer = simulated(query);
      return json(response, answer, answer.error ? 400 : 200);
    }
    if (what === 'tasks' && this.tasks) return id === undefined ? json(response, this.tasks.page(query)) : found(response, this.tasks.full(id), `there is no task \`${id}\``);
    if (what === 'workers' && this.tasks) return json(response, this.tasks.workers());
    if (what === 'schedule' && this.tasks) return json(response, this.tasks.schedule(Number(query.get('limit') ?? 100)));
    if (what === 'jobs' && this.tasks) return found(response, this.tasks.job(Number(id)), `there is no job ${id}`);
    return fail(response, 404, 'there is nothing here');
  }

  stream(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    // What is not sent yet is in the snapshot, and must not come again.
    this.tick();
    const snapshot = this.snapshot();
    response.write(`id: ${snapshot.id}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  async order(parts, request, response, process) {
    if (request.headers['x-retry-console'] !== '1') return fail(response, 403, 'an order needs the header `X-Retry-Console: 1`');
    if (this.role !== 'operate') return fail(response, 403, 'this token may only look');
    let body = '';
    for await (const piece of request) body += piece;
    this.orders.push({ path: parts.join('/'), body: body && JSON.parse(body), ...(process ? { process } : {}) });
    const [what, id, word] = parts;
    if (what === 'live') return json(response, { answer: this.program.orderLive(id, word) });
    if (what === 'breakers') return found(response, this.program.orderBreaker(id, word), 'there is no such breaker');
    if (what === 'tasks' && id === 'bulk') {
      const { order, filter } = JSON.parse(body);
      return json(response, { job: this.tasks.bulk(order, filter) }, 202);
    }
    if (what === 'tasks') return found(response, this.tasks?.order(id, word), 'there is no such task');
    if (what === 'workers') return json(response, this.tasks.orderWorker(Number(id), word));
    if (what === 'jobs' && word === 'stop') return json(response, this.tasks.stop(Number(id)));
    return fail(response, 404, 'there is no such order');
  }
}

async function asset(name, response) {
  const type = TYPES[name.split('.').at(-1)];
  const text = type && !name.includes('..') ? await readFile(UI + name).catch(() => undefined) : undefined;
  if (text === undefined) return fail(response, 404, 'there is no such file');
  return void response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff' }).end(text);
}

const json = (response, data, status = 200) => void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(data));
const fail = (response, status, error) => json(response, { error }, status);
const found = (response, data, error) => (data === undefined ? fail(response, 404, error) : json(response, data));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const number = { type: 'string' };
  const { values } = parseArgs({ options: { port: number, functions: number, live: number, peers: number, tasks: number, token: { type: 'string' }, role: { type: 'string' }, mount: { type: 'string' }, 'no-tasks': { type: 'boolean' } } });
  const numbers = Object.fromEntries(['port', 'functions', 'live', 'peers', 'tasks'].filter((key) => values[key]).map((key) => [key, Number(values[key])]));
  const texts = Object.fromEntries(['token', 'role', 'mount'].filter((key) => values[key]).map((key) => [key, values[key]]));
  const mock = await startMock({ port: 7700, ...numbers, ...texts, hasTasks: !values['no-tasks'] });
  console.log(mock.url);
}
