import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { allOf, NONE, type Outgoing, type Send, type Sending } from './send.ts';

const NAME = 'events.ndjson';
const OLD = /^events-[\w]+\.ndjson$/;
const MAX_BYTES = 100 * 1024 * 1024;
const KEEP = 10;
const TAIL = 64 * 1024;

/**
 * NDJSON below a folder of the hub's own (an admin who could name a path could write over anything). On disk before the cursor moves. A full file is
 * named after the first event of the next one, so that names sort by time.
 */
export function fileSend(folder: string): Send {
  return async (sink, _secret, items) => {
    try {
      await append(join(folder, sink.id), sink, items);
      return { taken: allOf(items) };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
      if (code === undefined) throw error;
      return { taken: NONE, fault: { kind: 'retry', sentence: `The file cannot be written (${code}).` } };
    }
  };
}

async function append(folder: string, sink: Sending, items: readonly Outgoing[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, NAME);
  const bytes = Buffer.from(items.map(({ text }) => `${text}\n`).join(''));
  let file = await openOwn(path);
  try {
    let size = await wholeLines(file);
    if (size > 0 && size + bytes.length > (sink.maxBytes ?? MAX_BYTES)) {
      await file.close();
      await rename(path, join(folder, `events-${items[0]?.id ?? ''}.ndjson`));
      await forgetOldest(folder, sink.keep ?? KEEP);
      file = await openOwn(path);
      size = 0;
    }
    await write(file, bytes, size);
  } finally {
    await file.close().catch(() => undefined);
  }
}

function openOwn(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
}

/** A disk that fills up in the middle must not leave half a line behind. */
async function write(file: FileHandle, bytes: Buffer, size: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, size + at)).bytesWritten;
    await file.datasync();
  } catch (error) {
    await file.truncate(size).catch(() => undefined);
    throw error;
  }
}

/** Its size after a line that a crash cut off is taken away: its event was not acknowledged and comes again. */
async function wholeLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  for (let end = size; end > 0; end = Math.max(0, end - TAIL)) {
    const from = Math.max(0, end - TAIL);
    const { buffer } = await file.read(Buffer.alloc(end - from), 0, end - from, from);
    const at = buffer.lastIndexOf(0x0a);
    if (at < 0) continue;
    const whole = from + at + 1;
    if (whole < size) await file.truncate(whole);
    return whole;
  }
  if (size > 0) await file.truncate(0);
  return 0;
}

async function forgetOldest(folder: string, keep: number): Promise<void> {
  const old = (await readdir(folder)).filter((name) => OLD.test(name)).sort();
  for (const name of old.slice(0, Math.max(0, old.length - keep))) await rm(join(folder, name));
}
