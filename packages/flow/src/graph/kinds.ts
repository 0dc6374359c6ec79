import type { Meaning } from './meaning.ts';
import { authenticate, type AuthenticateNode } from './nodes/authenticate.ts';
import { complete, type CompleteNode } from './nodes/complete.ts';
import { condition, type ConditionNode } from './nodes/condition.ts';
import { connect, type ConnectNode } from './nodes/connect.ts';
import { consent, type ConsentNode } from './nodes/consent.ts';
import { deny, type DenyNode } from './nodes/deny.ts';
import { enrol, type EnrolNode } from './nodes/enrol.ts';
import { event, type EventNode } from './nodes/event.ts';
import { http, type HttpNode } from './nodes/http.ts';
import { identify, type IdentifyNode } from './nodes/identify.ts';
import { requestApproval, type RequestApprovalNode } from './nodes/request-approval.ts';
import { screen, type ScreenNode } from './nodes/screen.ts';
import { selectTenant, type SelectTenantNode } from './nodes/select-tenant.ts';
import { setClaims, type SetClaimsNode } from './nodes/set-claims.ts';
import { stepUp, type StepUpNode } from './nodes/step-up.ts';
import { storeCredential, type StoreCredentialNode } from './nodes/store-credential.ts';
import { subflow, type SubflowNode } from './nodes/subflow.ts';
import { tenantConsent, type TenantConsentNode } from './nodes/tenant-consent.ts';
import { updateUser, type UpdateUserNode } from './nodes/update-user.ts';

/** A new kind is three files: its meaning in nodes/, its line here, its cases in cases/. The compiler names the line that is missing. */
export type GraphNode =
  | AuthenticateNode
  | CompleteNode
  | ConditionNode
  | ConnectNode
  | ConsentNode
  | DenyNode
  | EnrolNode
  | EventNode
  | HttpNode
  | IdentifyNode
  | RequestApprovalNode
  | ScreenNode
  | SelectTenantNode
  | SetClaimsNode
  | StepUpNode
  | StoreCredentialNode
  | SubflowNode
  | TenantConsentNode
  | UpdateUserNode;
export type GraphKind = GraphNode['kind'];

/** In the order of the editor's palette. */
const KINDS: { readonly [Kind in GraphKind]: Meaning<Extract<GraphNode, { kind: Kind }>> } = {
  screen,
  identify,
  authenticate,
  stepUp,
  enrol,
  selectTenant,
  condition,
  http,
  setClaims,
  storeCredential,
  connect,
  consent,
  tenantConsent,
  requestApproval,
  updateUser,
  event,
  subflow,
  deny,
  complete,
};

/** What every kind of node means, by its word. */
export const GRAPH_KINDS: ReadonlyMap<string, Meaning<GraphNode>> = new Map(Object.entries(KINDS));

export function meaningOf(node: GraphNode): Meaning<GraphNode> {
  return KINDS[node.kind];
}
