import type { Log } from '../../base/log.ts';
import type { Mailer } from '../../base/mail/mailer.ts';
import type { MailText } from './mails.ts';

/**
 * Mails behind the answer's back: a page that waited for the mail server would tell by its time whether an account exists (054).
 * A mail that does not go out is logged, without its address; the person asks for another.
 */
export type Post = {
  send(to: string, mail: MailText): void;
  /** Resolves when everything handed over so far is sent or has failed: for shutting down, and for tests. */
  settled(): Promise<void>;
};

export function createPost({ mailer, log }: { mailer: Mailer; log: Log }): Post {
  const under = new Set<Promise<void>>();
  const deliver = async (to: string, mail: MailText): Promise<void> => {
    const sent = await mailer.send({ to, ...mail });
    if (!sent.ok) log.warn({ reason: sent.reason, detail: sent.detail }, 'a mail was not sent');
  };
  return {
    send(to, mail) {
      const sending = deliver(to, mail)
        .catch((error: unknown) => log.error({ err: error }, 'a mail was not sent'))
        .finally(() => under.delete(sending));
      under.add(sending);
    },
    async settled() {
      await Promise.all(under);
    },
  };
}
