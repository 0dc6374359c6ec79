import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { resources } from './spec.tsx';

export function ResourcesPage() {
  return <RoomList of={resources} />;
}

export function ResourcePage() {
  return <ObjectPage of={resources} />;
}
