import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { sinks } from './spec.tsx';

export function SinksPage() {
  return <RoomList of={sinks} />;
}

export function SinkPage() {
  return <ObjectPage of={sinks} />;
}
