import type { MailText } from '../users/mails.ts';

/** To the owner of an account that its provider no longer takes, once. The provider's words are on the page, not in here. */
export function brokenMail(product: string, of: { connection: string; label: string; issuer: string }): MailText {
  const which = of.label === '' ? of.connection : `${of.connection} (${of.label})`;
  return {
    subject: `${which} is no longer connected`,
    text: `${which} no longer takes the account that you connected at ${product}. Agents that work for you can do nothing there until you connect it again:

${of.issuer}/account/connections

If you ended it yourself, you need do nothing.
`,
  };
}
