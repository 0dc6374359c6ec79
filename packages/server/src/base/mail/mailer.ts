import { createTransport } from 'nodemailer';
import type { Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import { parseSender, problemOf, type Mail, type NewMail } from './message.ts';
import { parseSmtpUrl, type SmtpSettings } from './smtp-url.ts';

export type { Mail, NewMail } from './message.ts';

/**
 * `bad_mail` and `refused` stay wrong however often they are tried; `unreachable` is worth another try by the job that sends.
 * `detail` is a code for the log and never holds the address, the text or the server's password.
 */
export type Sent = { ok: true; id: string } | { ok: false; reason: 'bad_mail' | 'refused' | 'unreachable'; detail: string };

export interface Mailer {
  send(mail: NewMail): Promise<Sent>;
  /** Where there is no SMTP server: the last 200 mails, newest first. Otherwise nothing. */
  kept(): readonly Mail[];
  close(): void;
}

export interface MailerOptions {
  readonly smtpUrl?: string;
  /** `Writ <noreply@acme.test>` or a bare address. */
  readonly from: string;
  readonly clock: Clock;
}

const KEPT = 200;
const TIMEOUTS = { dnsTimeout: 5000, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };
/** A server that says a byte now and then never becomes idle. */
const WHOLE_MS = 60_000;

type Deliver = (mail: Mail) => Promise<Sent>;

/** Throws on a malformed `smtpUrl` or `from`, without repeating it: both are the operator's, and are checked before the house is built. */
export function createMailer({ smtpUrl, from, clock }: MailerOptions): Mailer {
  const sender = parseSender(from);
  if (sender === undefined) throw new Error('the sender of mails is not an address');
  const outbox: Mail[] = [];
  const keep: Deliver = async (mail) => {
    outbox.unshift(mail);
    outbox.length = Math.min(outbox.length, KEPT);
    return { ok: true, id: mail.id };
  };
  const smtp = smtpUrl === undefined ? undefined : openSmtp(smtpSettings(smtpUrl), sender);
  const deliver = smtp?.deliver ?? keep;
  return {
    send: async (mail) => {
      const problem = problemOf(mail);
      if (problem !== undefined) return { ok: false, reason: 'bad_mail', detail: problem };
      const at = clock.now();
      return deliver({ ...mail, id: newId('mail', at), at });
    },
    kept: () => [...outbox],
    close: () => smtp?.close(),
  };
}

function smtpSettings(smtpUrl: string): SmtpSettings {
  const parsed = parseSmtpUrl(smtpUrl);
  if (!parsed.ok) throw new Error(`the SMTP URL ${parsed.problem}`);
  return parsed.settings;
}

function openSmtp(settings: SmtpSettings, sender: { name: string; address: string }): { deliver: Deliver; close: () => void } {
  const transport = createTransport({
    ...settings,
    ...TIMEOUTS,
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect here.
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    // A template that somebody edits must not become a way to read files or fetch URLs.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = sender.address.slice(sender.address.indexOf('@') + 1);
  const deliver: Deliver = async ({ id, to, subject, text, html }) => {
    try {
      await transport.sendMail({
        from: sender,
        to: { name: '', address: to },
        subject,
        text,
        ...(html === undefined ? {} : { html }),
        messageId: `<${id}@${domain}>`,
        // RFC 3834 §5: no absence notes, no loops.
        headers: { 'auto-submitted': 'auto-generated' },
        signal: AbortSignal.timeout(WHOLE_MS),
      });
      return { ok: true, id };
    } catch (error) {
      return failure(error);
    }
  };
  return { deliver, close: () => transport.close() };
}

/** 5xx on the mail itself is final (RFC 5321 §4.2.1); all else may pass, a wrong password too: somebody will mend it. */
function failure(error: unknown): Sent {
  const { code, responseCode } = facts(error);
  const final = (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500;
  return { ok: false, reason: final ? 'refused' : 'unreachable', detail: responseCode > 0 ? `${code} ${responseCode}` : code };
}

function facts(error: unknown): { code: string; responseCode: number } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const responseCode = 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : 0;
  return { code: error.code, responseCode };
}
