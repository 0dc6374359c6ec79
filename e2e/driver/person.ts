import type { Button, Field, Form, Page } from './page.ts';

/** Somebody at a browser: what they know, and what they are willing to allow. */
export type Person = {
  email: string;
  password?: string | undefined;
  /** Where the code comes from when a page asks for one: the mailbox. */
  code?: (() => Promise<string>) | undefined;
  /** The button of another way in, such as `email_code`; pressed where a page offers it and does not ask for its result already. */
  method?: string | undefined;
  tenant?: string | undefined;
  /** `all`: every scope on the page; `offered`: as the page has them ticked; a list: those and no others; `deny`: the deny button. */
  allow: 'all' | 'offered' | 'deny' | readonly string[];
  /** Whether the client may go on while the person is away; absent: as the page has it ticked. */
  stay?: boolean | undefined;
};

export type Filled = { fields: [string, string][]; pressed: Button | undefined };

/** The form a person would use, or undefined where a page only says something. */
export function mainForm(page: Page): Form | undefined {
  const posts = page.forms.filter((form) => form.method === 'POST');
  return posts.find((form) => form.buttons.some((button) => button.name === 'action')) ?? posts[0];
}

/** Fills in a form and chooses the button. Hidden fields stay as they are. */
export async function fill(form: Form, person: Person): Promise<Filled> {
  const fields: [string, string][] = [];
  for (const field of form.fields) {
    const value = await answer(field, form, person);
    if (value !== undefined) fields.push([field.name, value]);
  }
  return { fields, pressed: buttonOf(form, person) };
}

async function answer(field: Field, form: Form, person: Person): Promise<string | undefined> {
  if (field.type === 'hidden') return field.value;
  if (field.type === 'checkbox') return isTicked(field, person) ? field.value : undefined;
  if (field.type === 'radio') return isChosen(field, form, person) ? field.value : undefined;
  switch (field.name) {
    case 'email':
      return person.email;
    case 'password':
      return person.password ?? '';
    case 'code':
      // A page that came with the code filled in (a scanned address) is sent as it is.
      return (await person.code?.()) ?? field.value;
    case 'tenant':
      return person.tenant ?? field.value;
    default:
      return field.value;
  }
}

function isTicked(field: Field, { allow, stay }: Person): boolean {
  if (field.name === 'persistent') return stay ?? field.checked;
  if (field.name !== 'scope' || allow === 'offered' || allow === 'deny') return field.checked;
  return allow === 'all' || allow.includes(field.value);
}

/** Of radio buttons with one name: the person's tenant, else the one that is set, else the first. */
function isChosen(field: Field, form: Form, person: Person): boolean {
  const group = form.fields.filter((one) => one.type === 'radio' && one.name === field.name);
  const wanted = field.name === 'tenant' ? group.find((one) => one.value === person.tenant) : undefined;
  return field === (wanted ?? group.find((one) => one.checked) ?? group[0]);
}

const FORWARD = ['allow', 'continue', 'password'];

function buttonOf(form: Form, { allow, method }: Person): Button | undefined {
  const named = (value: string) => form.buttons.find((button) => button.name === 'action' && button.value === value);
  const asked = form.fields.some((field) => field.name === 'code');
  if (method !== undefined && !asked && named(method) !== undefined) return named(method);
  if (allow === 'deny' && named('deny') !== undefined) return named('deny');
  const forward = FORWARD.map(named).find((button) => button !== undefined);
  return forward ?? form.buttons.find((button) => !['deny', 'cancel'].includes(button.value));
}
