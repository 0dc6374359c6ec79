import { existsSync } from 'node:fs';
import { Refused } from '../refused.ts';

/** The config of a file or folder (YAML or JSON), as the hub reads it at start. References to secrets stay references: the hub resolves them. */
export async function readConfigFile(path: string): Promise<unknown> {
  if (!existsSync(path)) throw new Refused(`There is no ${path}.`);
  const { loadConfigFile } = await import('@writ/server');
  return loadConfigFile(path);
}
