import { createRootRoute, createRoute, createRouter, lazyRouteComponent, type AnyRoute, type AnyRouter } from '@tanstack/react-router';
import { BrokenPage } from './kit/broken.tsx';
import { LostPage } from './kit/lost.tsx';
import { Shell } from './kit/shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: LostPage });

/** Pages by address; each room is loaded when it is first seen. */
function page<Module extends Record<string, unknown>>(path: string, load: () => Promise<Module>, name: keyof Module & string): AnyRoute {
  return createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, name) });
}

const dashboard = () => import('./rooms/dashboard/page.tsx');
const directory = () => import('./rooms/agents/directory-page.tsx');
const agentPages = () => import('./rooms/agents/agent.tsx');
const advice = () => import('./rooms/agents/advice.tsx');
const knocks = () => import('./rooms/agents/knocks.tsx');
const drifts = () => import('./rooms/agents/drifts.tsx');
const stopped = () => import('./rooms/agents/stopped.tsx');
const graph = () => import('./rooms/graph/page.tsx');
const allowed = () => import('./rooms/agents/pages.tsx');
const clientPages = () => import('./rooms/clients/pages.tsx');
const resourcePages = () => import('./rooms/resources/pages.tsx');
const connectionPages = () => import('./rooms/connections/pages.tsx');
const policyList = () => import('./rooms/policies/list.tsx');
const policyPage = () => import('./rooms/policies/page.tsx');
const simulate = () => import('./rooms/policies/simulate.tsx');
const policyTests = () => import('./rooms/policies/tests-page.tsx');
const decisions = () => import('./rooms/decisions/pages.tsx');
const flows = () => import('./flows/pages.tsx');
const people = () => import('./rooms/people/pages.tsx');
const audit = () => import('./rooms/audit/page.tsx');
const event = () => import('./rooms/audit/event-page.tsx');
const txn = () => import('./rooms/audit/txn-page.tsx');
const signals = () => import('./rooms/audit/signals-page.tsx');
const sinks = () => import('./rooms/sinks/pages.tsx');
const streams = () => import('./rooms/streams/pages.tsx');
const settings = () => import('./rooms/settings/page.tsx');
const keys = () => import('./rooms/settings/keys-page.tsx');
const settingRooms = () => import('./rooms/settings/pages.tsx');

const PAGES = [
  page('/', dashboard, 'DashboardPage'),
  page('/agents', directory, 'AgentsPage'),
  page('/agents/$id', agentPages, 'AgentPage'),
  page('/advice', advice, 'AdvicePage'),
  page('/knocks', knocks, 'KnocksPage'),
  page('/drifts', drifts, 'DriftsPage'),
  page('/stopped', stopped, 'StoppedPage'),
  page('/graph', graph, 'GraphPage'),
  page('/grants', allowed, 'GrantsPage'),
  page('/grants/$id', allowed, 'GrantPage'),
  page('/approvals', allowed, 'ApprovalsPage'),
  page('/approvals/$id', allowed, 'ApprovalPage'),
  page('/clients', clientPages, 'ClientsPage'),
  page('/clients/$id', clientPages, 'ClientPage'),
  page('/resources', resourcePages, 'ResourcesPage'),
  page('/resources/$id', resourcePages, 'ResourcePage'),
  page('/connections', connectionPages, 'ConnectionsPage'),
  page('/connections/$id', connectionPages, 'ConnectionPage'),
  page('/credentials', connectionPages, 'CredentialsPage'),
  page('/credentials/$id', connectionPages, 'CredentialPage'),
  page('/policies', policyList, 'PoliciesPage'),
  page('/policies/+new', policyPage, 'NewPolicyPage'),
  page('/policies/$id', policyPage, 'PolicyPage'),
  page('/simulate', simulate, 'SimulatePage'),
  page('/policy-tests', policyTests, 'PolicyTestsPage'),
  page('/policy-tests/$id', settingRooms, 'PolicyTestPage'),
  page('/decisions', decisions, 'DecisionsPage'),
  page('/decisions/$id', decisions, 'DecisionPage'),
  page('/flows', flows, 'FlowsPage'),
  page('/flows/$id', flows, 'FlowPage'),
  page('/users', people, 'UsersPage'),
  page('/users/$id', people, 'UserPage'),
  page('/tenants', people, 'TenantsPage'),
  page('/tenants/$id', people, 'TenantPage'),
  page('/roles', people, 'RolesPage'),
  page('/roles/$id', people, 'RolePage'),
  page('/identity-providers', people, 'IdentityProvidersPage'),
  page('/identity-providers/$id', people, 'IdentityProviderPage'),
  page('/audit', audit, 'AuditPage'),
  page('/audit/$id', event, 'EventPage'),
  page('/audit/txn/$id', txn, 'TxnPage'),
  page('/signals', signals, 'SignalsPage'),
  page('/sinks', sinks, 'SinksPage'),
  page('/sinks/$id', sinks, 'SinkPage'),
  page('/streams', streams, 'StreamsPage'),
  page('/streams/$id', streams, 'StreamPage'),
  page('/transmitters', streams, 'TransmittersPage'),
  page('/transmitters/$id', streams, 'TransmitterPage'),
  page('/settings', settings, 'SettingsPage'),
  page('/keys', keys, 'KeysPage'),
  page('/issuers', settingRooms, 'IssuersPage'),
  page('/issuers/$id', settingRooms, 'IssuerPage'),
  page('/flow-secrets', settingRooms, 'FlowSecretsPage'),
  page('/flow-secrets/$id', settingRooms, 'FlowSecretPage'),
];

/** Search parameters are filters: plain words in the address, never JSON. */
function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

export function createConsoleRouter(): AnyRouter {
  return createRouter({
    routeTree: root.addChildren(PAGES),
    basepath: '/console',
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultErrorComponent: BrokenPage,
    scrollRestoration: true,
  });
}
