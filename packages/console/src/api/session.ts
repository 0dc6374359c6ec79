/** Who is at the console, as `GET /console/session` says. `scopes`: what the session may do, judged by the hub at every request. */
export type Session = {
  user: { id: string; name: string | null; email: string };
  scopes: 'all' | readonly string[];
  /** Two factors were proven at sign-in. */
  secondFactor: boolean;
  csrf: string;
  expiresAt: number;
  issuer: string;
};

let current: Promise<Session> | undefined;

/** The session behind the cookie, asked for once per load of the page. Without one the browser goes to sign in, and comes back here. */
export function session(): Promise<Session> {
  current ??= ask().catch((error: unknown) => {
    // Whoever asks next asks anew.
    current = undefined;
    throw error;
  });
  return current;
}

async function ask(): Promise<Session> {
  const answer = await fetch('/console/session', { headers: { accept: 'application/json' }, redirect: 'error' });
  if (answer.status === 204) {
    signIn();
    return new Promise(() => {});
  }
  if (!answer.ok) throw new Error(`the hub answered ${answer.status}`);
  const found: Session = await answer.json();
  return found;
}

/** To the sign-in of the hub. `to`: where in the console to go on afterwards. */
export function signIn(): void {
  const to = `${location.pathname}${location.search}`;
  location.assign(`/console/login?to=${encodeURIComponent(to)}`);
}

/** Whether the session holds a scope such as `admin:policies:write`. What it says is for showing; the hub judges. */
export function holds(of: Session, scope: string): boolean {
  return of.scopes === 'all' || of.scopes.includes(scope);
}

/** Ends the session and goes to sign-in, which asks anew when the hub's own session is over too. */
export async function leave(): Promise<void> {
  const { csrf } = await session();
  await fetch('/console/logout', { method: 'POST', headers: { 'x-writ-csrf': csrf } });
  location.assign('/account');
}
