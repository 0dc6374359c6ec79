/**
 * Whether a page's content security policy lets its form end up at `target`. Chromium holds `form-action` also against every redirect
 * that answers the post, so a page that forgets where its user goes in the end works with a form parser and fails in a browser.
 */
export function mayLeadTo(policy: string | null, page: URL, target: URL): boolean {
  const directive = (policy ?? '')
    .split(';')
    .map((one) => one.trim().split(/\s+/))
    .find(([name]) => name === 'form-action');
  if (directive === undefined) return true;
  return directive.slice(1).some((source) => matches(source, page, target));
}

function matches(source: string, page: URL, target: URL): boolean {
  if (source === "'self'") return target.origin === page.origin;
  if (source === '*') return target.protocol.startsWith('http');
  if (/^[a-z][a-z0-9+.-]*:$/.test(source)) return target.protocol === source;
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/:]+|\[[^\]]+\])(?::(\d+|\*))?(\/.*)?$/.exec(source);
  if (parts === null) return false;
  const [, scheme, host, port = '', path = ''] = parts;
  if (target.protocol !== `${scheme}:` || target.hostname !== host) return false;
  if (port !== '*' && target.port !== port) return false;
  return path === '' || target.pathname.startsWith(path);
}
