import { GRANT_TYPES } from '@writ/protocol';
import { json, originOf, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Devices } from '../../rooms/approvals/device.store.ts';
import { RETRY_AFTER } from '../../rooms/approvals/limits.store.ts';
import { bad, judgeAsking, readAsking, refuseAsking, type AskDeps } from './decoupled.ts';
import { oauthError } from './wire.ts';

export type DeviceDeps = AskDeps & { issuer: string; devices: Devices };

/** `POST /oauth/device` (RFC 8628 §3.1). Readable from any origin, as the token endpoint is. */
export function deviceRoutes(deps: DeviceDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/oauth/device',
      access: 'client',
      audit: ['approval.requested', 'approval.rate_limited', 'journey.refused'],
      cors: 'any',
      maxBody: 16_384,
      summary: 'Ask for authorization on behalf of a device without a browser (RFC 8628)',
      handle: (call) => start(deps, call),
    }),
  ];
}

async function start(deps: DeviceDeps, call: Call): Promise<Reply> {
  const { request, now } = call;
  const asking = await readAsking(deps, call, { grant: GRANT_TYPES.device_code, confidentialOnly: false });
  if (!asking.ok) return asking.error;
  const { client } = asking.value;
  const judged = await judgeAsking(deps, asking.value, newId('txn', now));
  if (!judged.ok) return refuseAsking(deps, call, client.id, judged.error);
  const started = await deps.devices.start({ request: judged.value, origin: originOf(request), now });
  if (!started.ok) return tooMany(request.requestId);
  const { deviceCode, userCode, expiresIn, interval } = started.value;
  const page = `${deps.issuer}/device`;
  return json(200, {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: page,
    verification_uri_complete: `${page}?user_code=${userCode}`,
    expires_in: expiresIn,
    interval,
  });
}

/** RFC 8628 names no word for it: the one that the token endpoint has for who comes too often. */
function tooMany(requestId: string): Reply {
  const { error, description } = bad('slow_down', 'too_many', 'Too many device codes were asked for from this network. Try again later.');
  return oauthError({ status: 429, error, description, requestId, headers: { 'retry-after': String(RETRY_AFTER.device) } });
}
