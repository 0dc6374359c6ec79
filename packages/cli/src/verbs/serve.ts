import type { Command } from 'commander';
import { portNumber, withExamples } from '../hub/options.ts';
import { aborted, untilStopped } from '../terminal/stop.ts';
import type { Terminal } from '../terminal/terminal.ts';

type ServeOptions = { port?: number; data?: string; allowHttpLoopback?: boolean };

export function registerServe(program: Command, to: Terminal): void {
  const serve = program.command('serve').description('run a hub in production; the environment says how (docs/guides/production.md)');
  serve.option('--port <n>', 'port to listen on (default: WRIT_PORT, or 8787)', portNumber);
  serve.option('--data <dir>', 'data folder (default: WRIT_DATA_DIR, or ./data)');
  serve.option('--allow-http-loopback', 'accept an http issuer on loopback, for trials of production mode');
  withExamples(serve, 'WRIT_ISSUER=https://id.example.com WRIT_KEK_FILE=/run/secrets/kek writ serve').action((options: ServeOptions) =>
    runServe(options, to),
  );
}

async function runServe({ port, data, allowHttpLoopback }: ServeOptions, to: Terminal): Promise<void> {
  const { readConfig, startHub } = await import('@writ/server');
  const config = readConfig(to.env, 'serve', { port, dataDir: data, allowHttpLoopback });
  await untilStopped(async (signal) => {
    const hub = await startHub(config, { onProgress: (sentence) => to.note(sentence) });
    try {
      to.note(`Writ serves ${config.issuer} on ${config.host}:${config.port}.`);
      await aborted(signal);
      to.note('Stopping …');
    } finally {
      await hub.close();
    }
  });
}
