/** The mails of this room, as text: nothing in them comes from whoever asked for them but the hub's own names and links. */
export type MailText = { subject: string; text: string };

/** `link`: to the same page with the code filled in, for whoever reads the mail in the same browser. */
export function codeMail(product: string, code: string, minutes: number, link?: string): MailText {
  const or = link === undefined ? '' : `Or open this in the browser in which you began, and press Continue:\n\n${link}\n\n`;
  return {
    subject: `${code} is your ${product} code`,
    text: `Your code is ${code}

Type it on the page that asked for it, within ${minutes} minutes. Tell it to nobody: we never ask for it by phone or mail.
${or}If you did not ask for a code, you need do nothing. Nobody gets in without it.
`,
  };
}

/** To somebody who has an account and asked to make one: the page said the same as to everybody else. */
export function alreadyJoinedMail(product: string, issuer: string): MailText {
  return {
    subject: `You already have an account at ${product}`,
    text: `Somebody, probably you, wanted to make an account at ${issuer} with this address. There is one already: just sign in.
If it was not you, you need do nothing.
`,
  };
}

export function inviteMail(product: string, link: string, days: number): MailText {
  return {
    subject: `You are invited to ${product}`,
    text: `You are invited to join ${product}. Open this page and choose a password:

${link}

The link works once, within ${days} days. If you do not know what this is about, you need do nothing.
`,
  };
}

export function resetMail(product: string, link: string, minutes: number): MailText {
  return {
    subject: `Choose a new password for ${product}`,
    text: `Somebody, probably you, asked to choose a new password. Open this page to do so:

${link}

The link works once, within ${minutes} minutes. If you did not ask, you need do nothing: your password stays as it is.
`,
  };
}

export function factorMail(product: string, what: string): MailText {
  return {
    subject: `How you sign in to ${product} has changed`,
    text: `${what} your account at ${product}.

If that was you, or your administrator on your behalf, you need do nothing. If not, choose a new password now and tell your administrator.
`,
  };
}
