import { GRANT_TYPES } from '@writ/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { oauthSentence, postForm, sendForm } from './hub-metadata.ts';
import type { HubMetadata } from './hub-metadata.ts';

type DeviceLogin = { clientId: string; resource: string | undefined; scope: string | undefined };

const INTERVAL = 5;
const PATIENCE_S = 600;

/** Login on another device (RFC 8628): shows a code, and asks the hub until somebody has entered it, or the code is over. */
export async function loginByDevice(hub: HubMetadata, to: Terminal, { clientId, resource, scope }: DeviceLogin): Promise<unknown> {
  if (hub.deviceEndpoint === undefined) throw new Refused('This hub has no login on another device. Use the browser here, or --secret.');
  const begun = await postForm(hub.deviceEndpoint, { client_id: clientId, resource, scope });
  const [code, userCode, uri] = [textAt(begun, 'device_code'), textAt(begun, 'user_code'), textAt(begun, 'verification_uri')];
  if (code === undefined || userCode === undefined || uri === undefined) throw new Refused('The hub gave no code to enter.');
  to.note(`On any device, open\n\n  ${visible(uri)}\n\nand enter the code ${visible(userCode)}\n`);
  const until = Date.now() + (numberAt(begun, 'expires_in') ?? PATIENCE_S) * 1_000;
  let interval = Math.max(1, numberAt(begun, 'interval') ?? INTERVAL);
  while (Date.now() < until) {
    await sleep(interval * 1_000);
    const form = { grant_type: GRANT_TYPES.device_code, device_code: code, client_id: clientId };
    const { status, value } = await sendForm(hub.tokenEndpoint, form);
    if (status === 200) return value;
    const word = textAt(value, 'error');
    // RFC 8628 §3.5: five seconds more, for this and every later question.
    if (word === 'slow_down') interval = Math.max(interval + 5, numberAt(value, 'interval') ?? 0);
    else if (word !== 'authorization_pending') throw new Refused(oauthSentence(status, value));
  }
  throw new Refused('Nobody entered the code in time.');
}
