import type { Socket } from 'node:net';
import type { Dial } from '../../base/outbound/dial.ts';
import { syslogTarget } from './config.ts';
import { sentenceOf, type SendFault } from './judge.ts';
import { allOf, NONE, type Outgoing, type Send } from './send.ts';
import { syslogMessage } from './syslog.ts';

/** Connecting, and then sending and being read. */
const CONNECT_MS = 10_000;
const TALK_MS = 10_000;

/**
 * Syslog over TCP or TLS (RFC 6587, RFC 5425), one connection per delivery, messages by octet counting. TCP says that bytes arrived at the other
 * machine, not that anybody read them: a receiver that is stopped would lose what lies in its buffers. So we hang up first and wait for the
 * receiver to do so too. It does when it has read to the end; with unread bytes its system would send a reset instead.
 */
export function syslogSend({ dial, host, version }: { dial: Dial; host: string; version: string }): Send {
  return async (sink, _secret, items) => {
    const target = syslogTarget(sink.url ?? '');
    if (target === undefined) return { taken: NONE, fault: { kind: 'retry', sentence: sentenceOf('bad_url') } };
    if (![514, 601, 6514].includes(target.port) && target.port < 1_024)
      return { taken: NONE, fault: { kind: 'retry', sentence: sentenceOf('bad_url') } };
    const reached = await dial({
      host: target.host,
      port: target.port,
      tls: target.tls ? { ca: sink.ca } : undefined,
      timeoutMs: CONNECT_MS,
    });
    if (!reached.ok) return { taken: NONE, fault: { kind: 'retry', sentence: sentenceOf(reached.reason) } };
    const fault = await talk(reached.socket, frames(items, { host, version, cef: sink.format === 'cef' }), sink.acknowledge === 'close');
    return fault === undefined ? { taken: allOf(items) } : { taken: NONE, fault };
  };
}

function frames(items: readonly Outgoing[], of: { host: string; version: string; cef: boolean }): Buffer {
  return Buffer.concat(
    items.flatMap(({ event, text }) => {
      const message = Buffer.from(syslogMessage(event, text, of));
      return [Buffer.from(`${message.length} `), message];
    }),
  );
}

/** Undefined: everything was sent and, where that is waited for, read. */
function talk(socket: Socket, bytes: Buffer, untilRead: boolean): Promise<SendFault | undefined> {
  return new Promise((resolve) => {
    const end = (fault?: SendFault): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(fault);
    };
    const broken = (): void => end({ kind: 'retry', sentence: 'It broke the connection off before it had read everything.' });
    let sent = false;
    const timer = setTimeout(
      () =>
        end({
          kind: 'retry',
          sentence: sent
            ? 'It did not hang up after the last message, so nobody knows whether it read them (acknowledge: write does not wait for that).'
            : 'It did not read fast enough.',
        }),
      TALK_MS,
    );
    socket.on('error', broken);
    // What a syslog receiver says means nothing; unread it would hold the end of the stream back.
    socket.resume();
    socket.once('end', () => (sent ? end() : broken()));
    socket.once('close', broken);
    socket.end(bytes, () => {
      sent = true;
      if (!untilRead) end();
    });
  });
}
