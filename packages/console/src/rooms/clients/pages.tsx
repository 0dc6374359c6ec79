import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { clients } from './spec.tsx';

export function ClientsPage() {
  return <RoomList of={clients} />;
}

export function ClientPage() {
  return <ObjectPage of={clients} />;
}
