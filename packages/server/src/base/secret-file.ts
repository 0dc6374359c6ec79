import { readFileSync, realpathSync, statSync } from 'node:fs';

const MAX_FILE = 64 * 1024;
/** The process itself: its environment and memory hold every key there is. */
const MACHINE = ['/proc', '/sys', '/dev'];

/**
 * The text of a file that holds a secret, without one line break at its end, which editors and `echo` add. Undefined where there is none to be had, or where
 * the file is one of the hub's own (`guarded`: files and folders): what an administrator has stored may be handed out, and must not be the key to everything.
 */
export function secretFileText(path: string, guarded: readonly string[]): string | undefined {
  try {
    // By where it is, not by what it is called: a link or `..` leads to the same file.
    const real = realpathSync(path);
    if ([...MACHINE, ...guarded.map(realOf)].some((place) => real === place || real.startsWith(`${place}/`))) return undefined;
    const found = statSync(real);
    if (!found.isFile() || found.size > MAX_FILE) return undefined;
    const text = readFileSync(real, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Variables by which the hub itself proves who it is, or opens what it keeps. */
export function isOwnVariable(name: string): boolean {
  return /^(WRIT_.*|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|VAULT_TOKEN|BAO_TOKEN|PGPASSWORD)$/.test(name);
}
