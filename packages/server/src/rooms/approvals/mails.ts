import type { MailText } from '../users/mails.ts';

/**
 * The mails of this room. Nothing in them comes from whoever asks but a name that an administrator has confirmed: what an agent says of itself
 * is shown on the page, beside the hub's own words, and is not mailed around in the hub's name.
 */
export function askedMail(product: string, of: { client: string | undefined; link: string; minutes: number }): MailText {
  const who = of.client ?? 'An app';
  return {
    subject: `${product}: you are asked for your consent`,
    text: `${who} asks to act for you. Look at what it wants, and allow or refuse it:

${of.link}

You have ${of.minutes} minutes. If you do not know what this is about, refuse, or do nothing: without you nothing is allowed.
`,
  };
}

export function approvalMail(product: string, of: { client: string | undefined; link: string; minutes: number }): MailText {
  const who = of.client ?? 'An agent';
  return {
    subject: `${product}: an approval is asked of you`,
    text: `${who} wants to do something for which the rules want your approval. Look at it, and approve or refuse:

${of.link}

You have ${of.minutes} minutes. If you do not know what this is about, refuse, or do nothing: without approval nothing happens.
`,
  };
}
