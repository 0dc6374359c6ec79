import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { LogOut, Menu, Monitor, Moon, Search, Sun } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { leave, type Session } from '../api/session.ts';
import { useSession } from '../api/use-read.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useInSight } from '../ui/in-sight.ts';
import { Failure, Loading, Notice } from '../ui/notice.tsx';
import { entryOf, NAV } from './nav.ts';
import { Palette, usePaletteKey } from './palette.tsx';
import { applyTheme, readTheme, type Theme } from './theme.ts';

function NavList({ at, onGo }: { at: string | undefined; onGo?: () => void }) {
  return (
    <ul className="grid gap-px">
      {NAV.map(({ to, title, icon: Icon }) => (
        <li key={to}>
          <Link
            to={to}
            {...(onGo === undefined ? {} : { onClick: onGo })}
            aria-current={at === to ? 'page' : undefined}
            className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-soft no-underline hover:bg-sunk hover:text-ink aria-[current=page]:bg-wash aria-[current=page]:font-semibold aria-[current=page]:text-ink"
          >
            <Icon size={16} aria-hidden="true" />
            {title}
          </Link>
        </li>
      ))}
    </ul>
  );
}

const NEXT_THEME: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICON = { system: Monitor, light: Sun, dark: Moon };

function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => applyTheme(theme), [theme]);
  const Icon = THEME_ICON[theme];
  return (
    <button
      type="button"
      title={`Colours: ${theme}`}
      aria-label={`Colours: ${theme}. Change`}
      className="inline-grid size-8 place-items-center rounded-md text-soft hover:bg-sunk hover:text-ink"
      onClick={() => setTheme(NEXT_THEME[theme])}
    >
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}

function Person({ session }: { session: Session }) {
  const { name, email } = session.user;
  return (
    <div className="flex min-w-0 items-center gap-1">
      <span className="hidden max-w-52 truncate text-[0.93rem] text-soft sm:inline" title={email}>
        <bdi>{name ?? email}</bdi>
      </span>
      <ThemeButton />
      <button
        type="button"
        aria-label="Leave the console"
        title="Leave the console"
        className="inline-grid size-8 place-items-center rounded-md text-soft hover:bg-sunk hover:text-ink"
        onClick={() => void leave()}
      >
        <LogOut size={16} aria-hidden="true" />
      </button>
    </div>
  );
}

function SubTabs({ path }: { path: string }) {
  const tabs = entryOf(path)?.tabs;
  const row = useInSight('[aria-current=page]', path);
  if (tabs === undefined) return null;
  return (
    <nav ref={row} aria-label="Parts" className="mb-5 flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ to, title }) => (
        <Link
          key={to}
          to={to}
          aria-current={path === to || path.startsWith(`${to}/`) ? 'page' : undefined}
          className="-mb-px border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-soft no-underline hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-semibold aria-[current=page]:text-ink"
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}

/** A session that may read but hardly write: the person sees at once why buttons answer no. */
function Rights({ session }: { session: Session }) {
  const { scopes } = session;
  if (scopes === 'all' || scopes.some((scope) => scope.endsWith(':write'))) return null;
  return (
    <div className="mb-4">
      <Notice tone="calm">
        You may read here and change nothing.
        {session.secondFactor
          ? ''
          : ' Rights to change need a sign-in with a second factor: set one up on your account page, then sign in again.'}
      </Notice>
    </div>
  );
}

/** What stands around every page: where one can go, who one is, and the page. */
export function Shell() {
  const path = useRouterState({ select: (state) => state.location.pathname.replace(/^\/console(?=\/|$)/, '') || '/' });
  const session = useSession();
  const [palette, setPalette] = useState(false);
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  const openPalette = useCallback(() => setPalette(true), []);
  usePaletteKey(openPalette);
  const at = entryOf(path)?.to;
  return (
    <div className="mx-auto grid min-h-svh grid-cols-[minmax(0,1fr)] grid-rows-[auto_1fr] lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-sheet focus:p-2"
        onClick={() => main.current?.focus()}
      >
        To the page
      </a>
      <header className="col-span-full flex items-center justify-between gap-3 border-b border-line bg-sheet px-4 py-1.5">
        <div className="flex items-center gap-2">
          <button
            type="button"
            aria-label="Menu"
            className="inline-grid size-8 place-items-center rounded-md text-soft hover:bg-sunk lg:hidden"
            onClick={() => setMenu(true)}
          >
            <Menu size={18} aria-hidden="true" />
          </button>
          <Link to="/" className="font-serif text-xl text-ink italic no-underline">
            Writ
          </Link>
        </div>
        <button
          type="button"
          className="flex min-h-8 min-w-0 items-center gap-2 rounded-md border border-line bg-paper px-3 text-[0.93rem] text-soft hover:text-ink sm:min-w-64"
          onClick={openPalette}
        >
          <Search size={14} aria-hidden="true" />
          <span className="truncate">Go to page or id</span>
          <kbd className="ml-auto hidden font-mono text-[0.8rem] sm:inline">Ctrl K</kbd>
        </button>
        {session.data === undefined ? <span className="size-8" /> : <Person session={session.data} />}
      </header>
      <nav aria-label="Console" className="sticky top-0 hidden max-h-svh self-start overflow-y-auto p-3 lg:block">
        <NavList at={at} />
      </nav>
      <main ref={main} id="main" tabIndex={-1} className="min-w-0 px-4 py-5 outline-none lg:px-7">
        <SubTabs path={path} />
        {session.data === undefined ? session.error === null ? <Loading /> : <Failure error={session.error} /> : null}
        {session.data === undefined ? null : (
          <>
            <Rights session={session.data} />
            <Outlet />
          </>
        )}
      </main>
      <Palette open={palette} onClose={() => setPalette(false)} />
      <Dialog open={menu} onClose={() => setMenu(false)} title="Pages">
        <nav aria-label="Pages">
          <NavList at={at} onGo={() => setMenu(false)} />
        </nav>
      </Dialog>
    </div>
  );
}
