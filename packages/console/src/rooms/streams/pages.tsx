import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { streams, transmitters } from './spec.tsx';

export function StreamsPage() {
  return <RoomList of={streams} />;
}

export function StreamPage() {
  return <ObjectPage of={streams} />;
}

export function TransmittersPage() {
  return <RoomList of={transmitters} />;
}

export function TransmitterPage() {
  return <ObjectPage of={transmitters} />;
}
