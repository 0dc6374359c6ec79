import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import type { Dial } from '../../base/outbound/dial.ts';
import { fileSend } from './file.store.ts';
import { otlpSend } from './otlp.store.ts';
import { s3Send } from './s3.store.ts';
import type { Send } from './send.ts';
import type { SinkType } from './config.ts';
import { splunkSend } from './splunk.store.ts';
import { syslogSend } from './syslog.store.ts';
import { webhookSend } from './webhook.store.ts';

export type SenderDeps = {
  outbound: Pick<Outbound, 'request'>;
  dial: Dial;
  clock: Clock;
  issuer: string;
  version: string;
  dataDir: string;
};

/** The way to deliver, by type of sink. */
export function sendersOf(deps: SenderDeps): Readonly<Record<SinkType, Send>> {
  const host = new URL(deps.issuer).hostname;
  return {
    webhook: webhookSend(deps),
    syslog: syslogSend({ ...deps, host }),
    otlp: otlpSend(deps),
    splunk: splunkSend({ ...deps, host }),
    s3: s3Send(deps),
    file: fileSend(join(deps.dataDir, 'sinks')),
  };
}
