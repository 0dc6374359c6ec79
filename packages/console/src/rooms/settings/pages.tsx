import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { issuers, policyTests, sinks } from './spec.tsx';

export function IssuersPage() {
  return <RoomList of={issuers} />;
}

export function IssuerPage() {
  return <ObjectPage of={issuers} />;
}

export function SinksPage() {
  return <RoomList of={sinks} />;
}

export function SinkPage() {
  return <ObjectPage of={sinks} />;
}

export function PolicyTestPage() {
  return <ObjectPage of={policyTests} />;
}
