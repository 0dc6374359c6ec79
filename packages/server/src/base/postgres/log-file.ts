import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** Two files of this size at most: `pg.log` and `pg.log.1`. */
const LIMIT_BYTES = 8 * 1024 * 1024;
const TAIL_BYTES = 2000;

export type LogFile = {
  fd: number;
  size(): number;
  /** What was written since `from` (a value of `size()`), at most the last 2000 bytes. */
  since(from: number): string;
  trim(): void;
  close(): void;
};

/**
 * The file Postgres writes its messages to, opened by the hub and inherited. It is emptied in place when it grows: a postmaster that
 * outlives the hub keeps writing to the same open file, a renamed one would grow unseen.
 */
export function openLog(path: string): LogFile {
  const fd = openSync(path, 'a+', 0o600);
  const size = (): number => fstatSync(fd).size;
  return {
    fd,
    size,
    since(from) {
      const end = size();
      const start = Math.max(from, end - TAIL_BYTES, 0);
      const text = Buffer.alloc(Math.max(end - start, 0));
      const read = readSync(fd, text, 0, text.length, start);
      return text.toString('utf8', 0, read).trim();
    },
    trim() {
      if (size() <= LIMIT_BYTES) return;
      copyFileSync(path, `${path}.1`);
      ftruncateSync(fd);
    },
    close() {
      closeSync(fd);
    },
  };
}
