import { ObjectPage } from '../../kit/object-page.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { identityProviders } from './providers.tsx';
import { roles, tenants, users } from './spec.tsx';

export function UsersPage() {
  return <RoomList of={users} />;
}

export function UserPage() {
  return <ObjectPage of={users} />;
}

export function TenantsPage() {
  return <RoomList of={tenants} />;
}

export function TenantPage() {
  return <ObjectPage of={tenants} />;
}

export function RolesPage() {
  return <RoomList of={roles} />;
}

export function RolePage() {
  return <ObjectPage of={roles} />;
}

export function IdentityProvidersPage() {
  return <RoomList of={identityProviders} />;
}

export function IdentityProviderPage() {
  return <ObjectPage of={identityProviders} />;
}
