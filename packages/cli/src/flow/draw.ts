import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminApi, AdminOptions } from '../hub/api.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { at, isObject, listAt, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { table } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { readObject } from './file.ts';
import { errorsIn, lintLines } from './lines.ts';

/** Verbs that make a draft and judge it: `new`, `import`, `validate`, `rm`. */
export function registerDraw(flow: Command, to: Terminal): void {
  registerNew(flow, to);
  registerImport(flow, to);
  registerValidate(flow, to);
  registerRemove(flow, to);
}

type New = AdminOptions & { template?: string; from?: string };

function registerNew(flow: Command, to: Terminal): void {
  const verb = flow
    .command('new')
    .description('begin a draft from a template or another flow; without an id: list the templates')
    .argument('[id]', 'id of the new flow')
    .option('--template <template>', 'begin with this template')
    .option('--from <flow>', 'begin with a copy of this flow');
  withExamples(
    withHub(verb),
    'writ flow new',
    'writ flow new risky --template step-up-on-risk',
    'writ flow new ours --from authorize',
  ).action(async (id: string | undefined, options: New) => {
    const api = adminApi(options, to.env);
    const templates = listAt(await api.get('flow-templates'), 'items');
    if (id === undefined) return options.json === true ? printJson(to, templates) : listTemplates(to, templates);
    if ((options.template === undefined) === (options.from === undefined)) throw new Refused('Either --template or --from.', 2);
    if ((await api.find(`flows/${encodeURIComponent(id)}`)) !== undefined) throw new Refused(`There is a flow ${id} already.`);
    const { document, needs } = await beginning(api, templates, options);
    await save(to, api, { id, document, json: options.json });
    for (const need of needs) to.note(visible(`It needs ${need}.`));
  });
}

function listTemplates(to: Terminal, templates: readonly unknown[]): void {
  const lines = table(to, templates, [
    ['TEMPLATE', (one) => textAt(one, 'id')],
    ['WHAT IT IS', (one) => textAt(one, 'title')],
  ]);
  for (const line of lines) to.print(line);
}

async function beginning(
  api: AdminApi,
  templates: readonly unknown[],
  { template, from }: New,
): Promise<{ document: unknown; needs: readonly string[] }> {
  if (from !== undefined) return { document: await api.get(`flows/${encodeURIComponent(from)}/export`), needs: [] };
  const found = templates.find((one) => textAt(one, 'id') === template);
  if (found === undefined) throw new Refused(`There is no template ${template ?? ''}. "writ flow new" lists them.`);
  return { document: at(found, 'flow'), needs: textsAt(found, 'needs') };
}

/** Saves a draft and says what the checks make of it. */
async function save(
  to: Terminal,
  api: AdminApi,
  { id, document, json }: { id: string; document: unknown; json: boolean | undefined },
): Promise<void> {
  if (!isObject(document)) throw new Refused('That is no flow.');
  const saved = await api.put(`flows/${encodeURIComponent(id)}`, { ...document, id });
  if (json === true) return printJson(to, saved);
  const lints = listAt(saved, 'lints');
  for (const line of lintLines(to, lints)) to.print(line);
  to.note(
    visible(
      `Flow ${id} is saved as a draft; nothing that runs has changed. ${errorsIn(lints) === 0 ? `"writ flow publish ${id}" puts it in force.` : 'It cannot be published yet.'}`,
    ),
  );
}

function registerImport(flow: Command, to: Terminal): void {
  const verb = flow
    .command('import')
    .description('save the flow of a file (JSON or YAML) as a draft')
    .argument('<file>', 'as "writ flow export" writes it')
    .option('--id <id>', 'under this id');
  withExamples(withHub(verb), 'writ flow import risky.json', 'writ flow import risky.json --id risky-2').action(
    async (file: string, options: AdminOptions & { id?: string }) => {
      const document = await readObject(file);
      const id = options.id ?? textAt(document, 'id');
      if (id === undefined) throw new Refused(`The flow in ${file} has no id; give one with --id.`);
      await save(to, adminApi(options, to.env), { id, document, json: options.json });
    },
  );
}

function registerValidate(flow: Command, to: Terminal): void {
  const verb = flow
    .command('validate')
    .description('say what is wrong with a flow, by node and field; ends with 1 when it could not be published')
    .argument('<flow>', 'a file, or the id of a flow (its draft)');
  withExamples(withHub(verb), 'writ flow validate risky.json', 'writ flow validate risky').action(
    async (named: string, options: AdminOptions) => {
      const api = adminApi(options, to.env);
      const flow = existsSync(named) ? await readObject(named) : await api.get(`flows/${encodeURIComponent(named)}/export`);
      const answer = await api.post('flows/validate', { flow });
      if (at(answer, 'publishable') !== true) to.setStatus(1);
      if (options.json === true) return printJson(to, answer);
      for (const fault of listAt(answer, 'faults'))
        to.print(`${to.paint('red', 'error  ')}  ${visible(`${textAt(fault, 'path') ?? ''}: ${textAt(fault, 'message') ?? ''}`)}`);
      for (const line of lintLines(to, listAt(answer, 'lints'))) to.print(line);
      to.note(at(answer, 'publishable') === true ? 'It can be published.' : 'It cannot be published.');
    },
  );
}

function registerRemove(flow: Command, to: Terminal): void {
  const verb = flow.command('rm').description('remove a flow; a built-in one is then as it came again').argument('<id>', 'flow id');
  withExamples(withHub(verb), 'writ flow rm risky').action(async (id: string, options: AdminOptions) => {
    await adminApi(options, to.env).remove(`flows/${encodeURIComponent(id)}`);
    to.note(visible(`Flow ${id} is removed; its versions stay, and "writ flow rollback" brings one back.`));
  });
}
