import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { approvals, grants } from './spec.tsx';

export function GrantsPage() {
  return <RoomList of={grants} />;
}

export function GrantPage() {
  return <ObjectPage of={grants} />;
}

export function ApprovalsPage() {
  return <RoomList of={approvals} />;
}

export function ApprovalPage() {
  return <ObjectPage of={approvals} />;
}
