import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { connections, credentials } from './spec.tsx';

export function ConnectionsPage() {
  return <RoomList of={connections} />;
}

export function ConnectionPage() {
  return <ObjectPage of={connections} />;
}

export function CredentialsPage() {
  return <RoomList of={credentials} />;
}

export function CredentialPage() {
  return <ObjectPage of={credentials} />;
}
