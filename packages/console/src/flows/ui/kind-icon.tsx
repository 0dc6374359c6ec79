import { GRAPH_KINDS } from '@writ/flow';
import {
  BadgeCheck,
  Ban,
  Building2,
  CheckCheck,
  CircleCheckBig,
  CircleHelp,
  Globe,
  Hourglass,
  KeyRound,
  Link2,
  LogIn,
  PanelTop,
  ScrollText,
  ShieldPlus,
  Split,
  Tags,
  UserPen,
  UserSearch,
  Vault,
  Workflow,
  type LucideIcon,
} from 'lucide-react';

const ICONS: Readonly<Record<string, LucideIcon>> = {
  screen: PanelTop,
  identify: UserSearch,
  authenticate: LogIn,
  stepUp: ShieldPlus,
  enrol: KeyRound,
  selectTenant: Building2,
  condition: Split,
  http: Globe,
  setClaims: Tags,
  storeCredential: Vault,
  connect: Link2,
  consent: CheckCheck,
  tenantConsent: BadgeCheck,
  requestApproval: Hourglass,
  updateUser: UserPen,
  event: ScrollText,
  subflow: Workflow,
  deny: Ban,
  complete: CircleCheckBig,
};

/** Whom a kind of node waits for, as a colour: a person, the world, nobody; and the two ends. */
export function toneOf(kind: string): string {
  if (kind === 'deny') return 'bg-high-wash text-high';
  if (kind === 'complete') return 'bg-low-wash text-low';
  switch (GRAPH_KINDS.get(kind)?.asks) {
    case 'person':
      return 'bg-wash text-accent';
    case 'world':
      return 'bg-violet-wash text-violet';
    default:
      return 'bg-sunk text-soft';
  }
}

export function KindIcon({ kind, size = 16 }: { kind: string; size?: number }) {
  const Icon = ICONS[kind] ?? CircleHelp;
  return <Icon size={size} aria-hidden="true" strokeWidth={1.75} />;
}
