import { describe, expect, it } from 'vitest';
import { fixedClock } from '../clock.ts';
import { createMailer, type Mailer } from './mailer.ts';
import { smtpPeer, type SmtpPeer } from './smtp-peer.suite.ts';

const clock = fixedClock(1_750_000_000_000);
const from = 'Writ <noreply@acme.test>';
const code = { to: 'ann@acme.test', subject: 'Your code', text: 'It is 123456.' };

describe('without an SMTP server', () => {
  it('mails are kept, newest first, and no more than 200', async () => {
    const mailer = createMailer({ from, clock });
    for (let index = 0; index < 205; index += 1)
      expect(await mailer.send({ ...code, subject: `Mail ${index}` })).toMatchObject({ ok: true });
    const kept = mailer.kept();
    expect([kept.length, kept[0]?.subject, kept[199]?.subject]).toEqual([200, 'Mail 204', 'Mail 5']);
    expect(kept[0]).toMatchObject({ to: 'ann@acme.test', text: 'It is 123456.', at: 1_750_000_000_000 });
    expect(new Set(kept.map((one) => one.id)).size).toBe(200);
  });
});

describe('a mail', () => {
  it.each([
    'ann@acme.test\r\nBcc: eve@evil.test',
    'ann@acme.test\nx',
    'ann@acme.test,eve@evil.test',
    'ann@acme.test;eve@evil.test',
    'Ann <ann@acme.test>',
    '<ann@acme.test>',
    '"a b"@acme.test',
    'ann@acme.test ',
    'ann',
    '@acme.test',
    'ann@',
    'a@b@c',
    '',
    `${'a'.repeat(65)}@acme.test`,
    'ann\0@acme.test',
    'group:ann@acme.test',
  ])('is not sent to %j', async (to) => {
    const mailer = createMailer({ from, clock });
    expect(await mailer.send({ ...code, to })).toMatchObject({ ok: false, reason: 'bad_mail' });
    expect(mailer.kept()).toEqual([]);
  });

  it.each(['Hi\r\nBcc: eve@evil.test', 'Hi\nthere', 'Hi\rthere', 'a\0b', 'a\u2028b', 'x'.repeat(251)])(
    'may not have the subject %j',
    async (subject) => {
      expect(await createMailer({ from, clock }).send({ ...code, subject })).toMatchObject({ ok: false, reason: 'bad_mail' });
    },
  );

  it.each(['Writ', 'a@b@c', 'Writ\r\nBcc: x <noreply@acme.test>', 'Writ <noreply@acme.test>, x@y.test', ''])(
    'may not come from %j',
    (sender) => {
      expect(() => createMailer({ from: sender, clock })).toThrow('sender');
    },
  );
});

async function withPeer(
  answers: Readonly<Record<string, string>>,
  query: string,
  use: (mailer: Mailer, peer: SmtpPeer) => Promise<void>,
  user = '',
) {
  const peer = await smtpPeer(answers);
  const mailer = createMailer({ smtpUrl: `smtp://${user}127.0.0.1:${peer.port}${query}`, from, clock });
  try {
    await use(mailer, peer);
  } finally {
    mailer.close();
    await peer.close();
  }
}

describe('with an SMTP server', () => {
  it('a mail is delivered to its one recipient with both of its bodies', () =>
    withPeer({}, '', async (mailer, peer) => {
      const sent = await mailer.send({ ...code, subject: 'Code für Ann', html: '<p>It is <b>123456</b>.</p>' });
      expect(sent).toMatchObject({ ok: true });
      expect(peer.commands.filter((one) => /^(MAIL|RCPT)/.test(one))).toEqual(['MAIL FROM:<noreply@acme.test>', 'RCPT TO:<ann@acme.test>']);
      const [message = ''] = peer.messages;
      expect(message).toMatch(/^From: Writ <noreply@acme\.test>$/m);
      expect(message).toMatch(/^Auto-Submitted: auto-generated$/im);
      expect(message).toMatch(/^Subject: =\?UTF-8\?/m);
      expect(message).toContain(`<${sent.ok ? sent.id : '-'}@acme.test>`);
      expect(message).toContain('It is 123456.');
      expect(message).toContain('<b>123456</b>');
      expect(mailer.kept()).toEqual([]);
    }));

  it('lines of a body cannot end it or add to its headers', () =>
    withPeer({}, '', async (mailer, peer) => {
      await mailer.send({ ...code, text: 'one\r\n.\r\nMAIL FROM:<eve@evil.test>\n.\nend' });
      expect(peer.messages.length).toBe(1);
      expect(peer.commands.filter((one) => one.startsWith('MAIL')).length).toBe(1);
    }));

  it.each([
    ['RCPT', '550 no such user', 'refused'],
    ['END', '554 looks like spam', 'refused'],
    ['RCPT', '451 later', 'unreachable'],
    ['END', '452 disk full', 'unreachable'],
    ['EHLO', '421 going down', 'unreachable'],
  ])('its answer to %s, %s, is %s', (command, answer, reason) =>
    withPeer({ [command]: answer, HELO: answer }, '', async (mailer) => {
      expect(await mailer.send(code)).toMatchObject({ ok: false, reason });
    }),
  );

  it('a wrong password is worth another try, and is not told', () =>
    withPeer(
      { AUTH: '535 go away s3cret' },
      '',
      async (mailer) => {
        const sent = await mailer.send(code);
        expect(sent).toEqual({ ok: false, reason: 'unreachable', detail: 'EAUTH 535' });
      },
      'hub:s3cret@',
    ));

  it('that does not offer STARTTLS gets neither the password nor the mail when TLS is required', () =>
    withPeer(
      {},
      '?tls=required',
      async (mailer, peer) => {
        expect(await mailer.send(code)).toMatchObject({ ok: false, reason: 'unreachable' });
        expect(peer.commands.filter((one) => /^(AUTH|MAIL)/.test(one))).toEqual([]);
      },
      'hub:s3cret@',
    ));

  it('that is not there is unreachable', async () => {
    const peer = await smtpPeer();
    await peer.close();
    const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${peer.port}`, from, clock });
    expect(await mailer.send(code)).toMatchObject({ ok: false, reason: 'unreachable' });
  });
});
