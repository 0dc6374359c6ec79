import { canonical } from '../../base/canonical.ts';
import { digest } from '../../base/digest.ts';
import { portless } from './redirect.ts';

/** One value for all registrations of one program: its name and its redirect set, whatever loopback port it took this time. */
export function fingerprint(name: string, redirectUris: readonly string[]): string {
  return digest(canonical([name, [...new Set(redirectUris.map(portless))].sort()]));
}
