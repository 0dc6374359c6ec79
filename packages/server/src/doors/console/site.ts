import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { hash } from 'node:crypto';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Inbound, Reply } from '../../base/http/message.ts';

type Encoding = 'br' | 'gzip';
type SiteFile = { type: string; etag: string; plain: Uint8Array; packed: ReadonlyMap<Encoding, Uint8Array> };

/** The built console in memory: the page that every address of it starts from, and the files that this page names. */
export type Site = { index(): SiteFile; asset(name: string): SiteFile | undefined };

/** Where the project's set-up builds the console to; the same place seen from the sources and from what is built of them. */
export const SITE_FOLDER = fileURLToPath(new URL('../../../../console/dist/site/', import.meta.url));

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.woff2', 'font/woff2'],
]);
const PACKED = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/**
 * Reads the built console once: afterwards an address is looked up in a map and never becomes a path of the file system. Undefined when it
 * was not built. `watch`: a build that came since is read too (development).
 */
export function openSite(folder: string = SITE_FOLDER, watch = false): Site | undefined {
  let read = readSite(folder);
  if (read === undefined) return undefined;
  const renewed = (): Read => {
    const found = read?.at === builtAt(folder) ? read : (readSite(folder) ?? read);
    if (found === undefined) throw new Error('the console was read before');
    read = found;
    return found;
  };
  const first = read;
  const current = watch ? renewed : (): Read => first;
  return { index: () => current().index, asset: (name) => current().assets.get(name) };
}

type Read = { at: number | undefined; index: SiteFile; assets: ReadonlyMap<string, SiteFile> };

function builtAt(folder: string): number | undefined {
  return statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs;
}

function readSite(folder: string): Read | undefined {
  const at = builtAt(folder);
  const assets = join(folder, 'assets');
  // A build that is under way has emptied the folder.
  if (at === undefined || !existsSync(assets)) return undefined;
  const names = readdirSync(assets).filter((name) => TYPES.has(extname(name)));
  return { at, index: readOne(folder, 'index.html'), assets: new Map(names.map((name) => [name, readOne(assets, name)])) };
}

function readOne(folder: string, name: string): SiteFile {
  const plain = readFileSync(join(folder, name));
  const packed = new Map<Encoding, Uint8Array>();
  for (const [encoding, ending] of PACKED) {
    const path = join(folder, `${name}${ending}`);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) packed.set(encoding, readFileSync(path));
  }
  return { type: TYPES.get(extname(name)) ?? 'application/octet-stream', etag: `"${hash('sha256', plain, 'base64url')}"`, plain, packed };
}

/** Nothing but what the hub itself serves, and no script or style that stands in a page; in no frame. */
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self'`,
  `font-src 'self'`,
  `connect-src 'self'`,
  `form-action 'self'`,
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
].join('; ');

const GUARDS = {
  'content-security-policy': POLICY,
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
};

/** The page: asked for anew each time, so that it names the files of the newest build. */
export function indexReply(request: Inbound, file: SiteFile): Reply {
  return fileReply(request, file, 'no-cache');
}

/** A file whose name says its content: kept for a year. */
export function assetReply(request: Inbound, file: SiteFile): Reply {
  return fileReply(request, file, 'public, max-age=31536000, immutable');
}

function fileReply(request: Inbound, file: SiteFile, cacheControl: string): Reply {
  const headers: Reply['headers'] = {
    ...GUARDS,
    'content-type': file.type,
    'cache-control': cacheControl,
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (request.header('if-none-match') === file.etag) return { status: 304, headers };
  const accepted = request.header('accept-encoding') ?? '';
  const encoding = PACKED.map(([name]) => name).find((name) => file.packed.has(name) && accepts(accepted, name));
  if (encoding === undefined) return { status: 200, headers, body: file.plain };
  return { status: 200, headers: { ...headers, 'content-encoding': encoding }, body: file.packed.get(encoding) ?? file.plain };
}

/** Whether an Accept-Encoding header names this coding, and not with a weight of nothing (RFC 9110 §12.5.3). */
function accepts(header: string, coding: Encoding): boolean {
  return header
    .toLowerCase()
    .split(',')
    .map((part) => part.trim().split(/\s*;\s*/))
    .some(([name, weight = 'q=1']) => name === coding && !/^q=0(\.0*)?$/.test(weight));
}
