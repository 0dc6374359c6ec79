import { html } from 'hono/html';
import type { ScreenField } from '@writ/flow';
import { left } from '../../../base/browser/left.ts';
import type { Html } from '../../../base/browser/page.ts';
import { buttonAction, type Face } from '../../../rooms/journeys/effects/faces.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { AUTHORED, emailField, marked } from './fields.ts';
import { form, noticeBox, onwards, type Frame } from './parts.ts';

type Faced<S extends Face['screen']> = Extract<View, { screen: S }>;
type Rendered = { title: string; body: Html };

/** The address, before anything is proven: it decides by which way one signs in. */
export function identifyPage(view: Faced<'identify'>, frame: Frame): Rendered {
  return {
    title: 'Sign in',
    body: html`<h1>Sign in</h1>
      ${onwards(view)} ${noticeBox(view)}
      ${form(
        frame,
        html`${emailField({ value: view.email, autocomplete: 'username', wrong: view.notice === 'bad_email', autofocus: true })}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Continue</button>
            ${view.visitor === undefined ? '' : html`<button class="plain" name="action" value="cancel" formnovalidate>Cancel</button>`}
          </div>`,
      )}`,
  };
}

/**
 * A page that the flow's author wrote: plain text in paragraphs, fields, and buttons. Nothing of it is markup. The first button is what Enter
 * presses; the others do not ask for what is missing.
 */
export function authoredPage(view: Faced<'authored'>, frame: Frame): Rendered {
  const { title, text, fields, buttons, wrong } = view;
  const missing = fields.find(({ name }) => name === wrong);
  return {
    title,
    body: html`<h1><bdi>${title}</bdi></h1>
      ${paragraphs(text)}
      ${missing === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">Please look at “${missing.label}” again.</p>`}
      ${form(
        frame,
        html`${fields.map((field) => fieldOf(field, field.name === wrong))}
          <div class="buttons">
            ${buttons.map(
              ({ name, label }, index) =>
                html`<button class="${index === 0 ? 'primary' : ''}" name="action" value="${buttonAction(name)}">${label}</button>`,
            )}
            ${view.visitor === undefined ? '' : html`<button class="plain" name="action" value="cancel" formnovalidate>Cancel</button>`}
          </div>`,
      )}`,
  };
}

function paragraphs(text: string | undefined): Html {
  if (text === undefined || text.trim() === '') return html``;
  return html`${text.split(/\n{2,}/).map((one) => html`<p class="lead"><bdi>${one}</bdi></p>`)}`;
}

function fieldOf(field: ScreenField, wrong: boolean): Html {
  const { name, label, type, required = false } = field;
  const id = `f-${name}`;
  if (type === 'checkbox')
    return html`<label class="check"
      ><input type="checkbox" id="${id}" name="${AUTHORED}${name}" value="true" ${required ? html` required` : ''}${marked(wrong)} /><span
        ><bdi>${label}</bdi></span
      ></label
    >`;
  if (type === 'choice') return choice(field, id, wrong);
  const kind = type === 'email' ? 'email' : 'text';
  const number = type === 'number' ? html` inputmode="decimal" pattern="-?[0-9]+([.][0-9]+)?" title="A number, such as 4 or 2.5"` : '';
  return html`<div class="field">
    <label for="${id}"><bdi>${label}</bdi>${required ? '' : html` <span class="optional">optional</span>`}</label>
    <input
      id="${id}"
      name="${AUTHORED}${name}"
      type="${kind}"
      maxlength="500"
      autocomplete="off"
      ${number}${required ? html` required` : ''}${marked(wrong)}
    />
  </div>`;
}

/** Few are seen at a glance; many are looked up in a list. */
const FEW = 6;

function choice({ name, label, choices = [], required = false }: ScreenField, id: string, wrong: boolean): Html {
  if (choices.length <= FEW)
    return html`<fieldset class="choices" id="${id}" ${marked(wrong)}>
      <legend><bdi>${label}</bdi>${required ? '' : html` <span class="optional">optional</span>`}</legend>
      ${choices.map(
        (one) =>
          html`<label class="choice"
            ><input type="radio" name="${AUTHORED}${name}" value="${one}" ${required ? html` required` : ''} /><span
              ><bdi>${one}</bdi></span
            ></label
          > `,
      )}
    </fieldset>`;
  return html`<div class="field">
    <label for="${id}"><bdi>${label}</bdi>${required ? '' : html` <span class="optional">optional</span>`}</label>
    <select id="${id}" name="${AUTHORED}${name}" ${required ? html` required` : ''}${marked(wrong)}>
      <option value=""></option>
      ${choices.map((one) => html`<option value="${one}">${one}</option>`)}
    </select>
  </div>`;
}

/** Looks again by itself, by a header of the answer, and when it is pressed: nothing is lost by closing it. */
export function waitingPage(view: Faced<'waiting'>, frame: Frame): Rendered {
  const { until, now } = view;
  return {
    title: 'Waiting for a decision',
    body: html`<h1>Waiting for a decision</h1>
      <p class="lead">This needs somebody else’s yes, and they have been asked. This page goes on by itself when they have answered.</p>
      ${until === undefined ? '' : html`<p class="quiet">They have ${left(until, now)}. You can come back later: start again from where you came.</p>`}
      ${form(
        frame,
        html`<div class="buttons">
          <button class="primary" name="action" value="look">Look again</button>
          ${view.visitor === undefined ? '' : html`<button class="plain" name="action" value="cancel">Cancel</button>`}
        </div>`,
      )}`,
  };
}
