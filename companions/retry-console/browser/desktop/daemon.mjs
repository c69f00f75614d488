// A Docker daemon that answers the few requests of the desktop app, and that can be away or hang.

import { createServer } from 'node:http';
import { rmSync } from 'node:fs';

export class Daemon {
  constructor(socket) {
    this.socket = socket;
    this.containers = [{}, {}];
    this.isHanging = false;
    this.requests = [];
  }

  async start() {
    rmSync(this.socket, { force: true });
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise((done) => this.server.listen(this.socket, done));
  }

  /** Ends as a daemon does that is stopped: its socket is gone. */
  async stop() {
    if (!this.server) return;
    const { server } = this;
    this.server = undefined;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    rmSync(this.socket, { force: true });
  }

  answer(request, response) {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.isHanging) return;
    const json = (data, status = 200) => void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(data));
    const { pathname, searchParams } = new URL(request.url, 'http://daemon');
    if (pathname.endsWith('/version')) return json({ ApiVersion: '1.41' });
    if (pathname.endsWith('/containers/json')) return json(this.containers);
    if (pathname.endsWith('/volumes/create')) return json({ Name: 'tea', Driver: 'local', Mountpoint: '/volumes/tea', Labels: {}, Scope: 'local', Options: {} }, 201);
    if (pathname.endsWith('/images/create')) return this.download(searchParams.get('fromImage'), response);
    return json({ message: `No such container: ${pathname.split('/').at(-2)}` }, 404);
  }

  /** Ten lines of progress, one every 300 ms. */
  async download(image, response) {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    for (let part = 1; part <= 10; part += 1) {
      response.write(`${JSON.stringify({ status: `Downloading ${image}`, progressDetail: { current: part * 10, total: 100 } })}\n`);
      await new Promise((done) => setTimeout(done, 300));
    }
    response.end();
  }
}
