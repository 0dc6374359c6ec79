import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { flowSecrets } from './flow-secrets.tsx';
import { JwtCheck } from './jwt-check.tsx';
import { issuers, policyTests } from './spec.tsx';

export function IssuersPage() {
  return (
    <>
      <RoomList of={issuers} />
      <div className="mt-8">
        <JwtCheck />
      </div>
    </>
  );
}

export function IssuerPage() {
  return <ObjectPage of={issuers} />;
}

export function PolicyTestPage() {
  return <ObjectPage of={policyTests} />;
}

export function FlowSecretsPage() {
  return <RoomList of={flowSecrets} />;
}

export function FlowSecretPage() {
  return <ObjectPage of={flowSecrets} />;
}
