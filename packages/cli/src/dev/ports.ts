import { createServer } from 'node:net';

/** Two neighbouring ports that nobody listens on: one for the hub, the next for the sample. */
export async function freePair(): Promise<number> {
  for (;;) {
    const first = await probe(0);
    if (first !== undefined && first < 65_535 && (await probe(first + 1)) !== undefined) return first;
  }
}

/** The port that listening there would give; undefined when it is taken. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}
