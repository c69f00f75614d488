// A relay in front of a real program, which can cut its connections.

import { connect, createServer } from 'node:net';

/** Relays to the address of `url`; `url` of the answer is the relay's. */
export async function startRelay(url) {
  const { hostname, port, pathname } = new URL(url);
  const sockets = new Set();
  const relay = { isDown: false };
  const server = createServer((near) => {
    if (relay.isDown) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one) && other.destroy());
      one.pipe(other);
    }
    return undefined;
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  relay.url = `http://127.0.0.1:${server.address().port}${pathname}`;
  relay.dropStreams = () => sockets.forEach((socket) => socket.destroy());
  relay.stop = async () => {
    relay.dropStreams();
    await new Promise((done) => server.close(done));
  };
  return relay;
}
