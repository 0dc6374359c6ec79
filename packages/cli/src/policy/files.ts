import { readConfigFile } from '../hub/config-file.ts';
import { isObject, listAt } from '../json.ts';
import { Refused } from '../refused.ts';

/** A draft of policies as the hub takes it. */
export type Draft = { put: readonly unknown[]; remove: readonly unknown[] };

/** A draft from a file or folder: `policies` (or `put`) stand in the place of those of the same id or beside the others, `remove` names ids. */
export async function readDraftFile(path: string): Promise<Draft> {
  const file = await readConfigFile(path);
  const put = [...listAt(file, 'policies'), ...listAt(file, 'put')];
  const remove = listAt(file, 'remove');
  if (put.length + remove.length === 0) throw new Refused(`${path} has no draft: policies to put, or ids to remove.`);
  return { put, remove };
}

/** The tests of these files or folders, together. */
export async function readTestFiles(paths: readonly string[]): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const path of paths) {
    const tests = listAt(await readConfigFile(path), 'policyTests');
    if (tests.length === 0) throw new Refused(`${path} has no policyTests.`);
    found.push(...tests);
  }
  return found;
}

/** A made-up request from a file: as it stands, or below `request`, as a saved test has it. */
export async function readRequestFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = await readConfigFile(path);
  const request = isObject(file) && isObject(file['request']) ? file['request'] : file;
  if (!isObject(request)) throw new Refused(`${path} has no request.`);
  return request;
}
