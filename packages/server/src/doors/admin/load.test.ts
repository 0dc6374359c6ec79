import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.ts';
import { loadConfigFile } from './load.ts';

describe('reading a config', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const write = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(() => {
    folder = temporaryFolder();
    mkdirSync(join(folder.path, 'conf'));
  });
  afterAll(() => folder.remove());

  it('joins the lists of the files of a folder, in the order of their names', () => {
    write('conf/10-tenants.yaml', 'tenants:\n  - {id: first, name: First}\nclients:\n');
    write('conf/20-tenants.json', '{"tenants": [{"id": "second", "name": "Second"}]}');
    write('conf/notes.txt', 'not config');
    write('conf/.hidden.yaml', 'tenants: [{id: hidden}]');
    expect(loadConfigFile(join(folder.path, 'conf'))).toEqual({
      tenants: [
        { id: 'first', name: 'First' },
        { id: 'second', name: 'Second' },
      ],
      clients: [],
    });
  });

  it('reads words of YAML as words: no is not false, and 010 is not eight', () => {
    expect(loadConfigFile(write('words.yaml', 'tenants: [{id: no, name: on, domains: [~], attributes: {a: 010, b: 1e3}}]'))).toEqual({
      tenants: [{ id: 'no', name: 'on', domains: [null], attributes: { a: 10, b: 1000 } }],
    });
  });

  it.each([
    ['twice.json', '{"a":1,"a":2}', /twice\.json: not well-formed \(duplicate\)/],
    ['list.yaml', '- a', /list\.yaml: a config is an object of collections/],
    ['tag.yaml', 'a: *nothing', /tag\.yaml: is no well-formed YAML/],
    ['proto.json', '{"__proto__": {}}', /proto\.json: not well-formed \(forbidden_name\)/],
  ])('refuses %s by its name', (name, text, sentence) => {
    expect(() => loadConfigFile(write(name, text))).toThrow(sentence);
  });

  it('refuses what is not there, a folder without config, and two files that contradict each other', () => {
    expect(() => loadConfigFile(join(folder.path, 'nowhere'))).toThrow(/nowhere: cannot be read/);
    mkdirSync(join(folder.path, 'empty'));
    expect(() => loadConfigFile(join(folder.path, 'empty'))).toThrow(/no \.yaml, \.yml or \.json file/);
    write('conf/30.yaml', 'tenants: {a: b}');
    expect(() => loadConfigFile(join(folder.path, 'conf'))).toThrow(/30\.yaml: tenants stands in another file too/);
  });

  it('joins the settings of several files, each of which stands in one of them', () => {
    mkdirSync(join(folder.path, 'hub'));
    write('hub/10.yaml', 'settings: {agents: {dormantDays: 60}}');
    write('hub/20.yaml', 'settings: {retention: {months: 13}}\nclients:');
    expect(loadConfigFile(join(folder.path, 'hub'))).toEqual({
      settings: { agents: { dormantDays: 60 }, retention: { months: 13 } },
      clients: [],
    });
    write('hub/30.yaml', 'settings:');
    expect(loadConfigFile(join(folder.path, 'hub'))).toHaveProperty('settings.retention.months', 13);
    write('hub/40.yaml', 'settings: {agents: {}}');
    expect(() => loadConfigFile(join(folder.path, 'hub'))).toThrow(/40\.yaml: settings\.agents stands in another file too/);
  });
});
