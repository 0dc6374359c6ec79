import { Activity, AppWindow, Bot, Gauge, Plug, Scale, Server, Settings, Users, Workflow, type LucideIcon } from 'lucide-react';

export type Place = { to: string; title: string; words?: string };
export type Entry = Place & { icon: LucideIcon; tabs?: readonly Place[] };

/** The pages, at most ten to choose from; what belongs to one stands below it as tabs. `words`: what else one might search it by. */
export const NAV: readonly Entry[] = [
  { to: '/', title: 'Dashboard', icon: Gauge, words: 'overview home now' },
  {
    to: '/agents',
    title: 'Agents',
    icon: Bot,
    tabs: [
      { to: '/agents', title: 'Agents', words: 'directory freeze kill' },
      { to: '/graph', title: 'Access', words: 'graph reach who what breaks blast radius' },
      { to: '/advice', title: 'Advice', words: 'unused scopes dormant owner hygiene' },
      { to: '/knocks', title: 'Seen, not registered', words: 'knocks unknown rogue shadow' },
      { to: '/drifts', title: 'Drift', words: 'changed documents redirect tools' },
      { to: '/stopped', title: 'Stopped', words: 'frozen revoked unfreeze second person containment' },
      { to: '/grants', title: 'Grants', words: 'consent scopes' },
      { to: '/approvals', title: 'Approvals', words: 'pending human decision' },
    ],
  },
  { to: '/clients', title: 'Clients', icon: AppWindow, words: 'applications registration cimd dcr secrets' },
  { to: '/resources', title: 'Resources', icon: Server, words: 'mcp api servers scopes tools' },
  {
    to: '/connections',
    title: 'Connections',
    icon: Plug,
    tabs: [
      { to: '/connections', title: 'Connections', words: 'vault providers github' },
      { to: '/credentials', title: 'Credentials', words: 'secrets refresh vault' },
    ],
  },
  {
    to: '/policies',
    title: 'Policies',
    icon: Scale,
    tabs: [
      { to: '/policies', title: 'Rules', words: 'allow deny require' },
      { to: '/simulate', title: 'Simulate', words: 'try what if' },
      { to: '/policy-tests', title: 'Tests', words: 'saved cases' },
      { to: '/decisions', title: 'Decisions', words: 'explain why refused' },
    ],
  },
  { to: '/flows', title: 'Flows', icon: Workflow, words: 'login consent journey editor' },
  {
    to: '/users',
    title: 'People',
    icon: Users,
    tabs: [
      { to: '/users', title: 'Users', words: 'people accounts factors' },
      { to: '/tenants', title: 'Tenants', words: 'organisations customers domains' },
      { to: '/roles', title: 'Roles', words: 'permissions' },
      { to: '/identity-providers', title: 'Sign-in by others', words: 'sso oidc identity providers federation google okta entra' },
    ],
  },
  {
    to: '/audit',
    title: 'Audit',
    icon: Activity,
    tabs: [
      { to: '/audit', title: 'Events', words: 'log record history search' },
      { to: '/signals', title: 'Signals', words: 'kill propagation acknowledgement' },
      { to: '/sinks', title: 'Sinks', words: 'siem webhook syslog splunk' },
      { to: '/streams', title: 'Streams', words: 'shared signals ssf caep receivers push poll' },
      { to: '/transmitters', title: 'Transmitters', words: 'shared signals ssf caep risc providers account disabled' },
    ],
  },
  {
    to: '/settings',
    title: 'Settings',
    icon: Settings,
    tabs: [
      { to: '/settings', title: 'General', words: 'accounts registration protection delegation' },
      { to: '/keys', title: 'Keys', words: 'signing jwks kek rotation' },
      { to: '/issuers', title: 'Issuers', words: 'trust workload oidc' },
      { to: '/flow-secrets', title: 'Secrets of flows', words: 'http calls connector' },
    ],
  },
];

/** The entry that a path of the console belongs to. */
export function entryOf(path: string): Entry | undefined {
  const under = (to: string): boolean => (to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`));
  return NAV.find((entry) => under(entry.to) || (entry.tabs ?? []).some((tab) => under(tab.to)));
}

/** Places whose title or words hold all that was typed, whatever the order. */
export function findPlaces(typed: string): readonly Place[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const all: Place[] = NAV.flatMap(
    (entry): readonly Place[] => entry.tabs?.map((tab) => ({ ...tab, words: `${entry.title} ${tab.words ?? ''}` })) ?? [entry],
  );
  return all.filter((place) => wanted.every((word) => `${place.title} ${place.words ?? ''}`.toLowerCase().includes(word)));
}
