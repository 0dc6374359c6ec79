#!/usr/bin/env node
// A browser for programs that open one: `browser.mjs <person.json> <url>`. Walks the hosted pages as the person of the file and adds
// what happened to `<person.json>.log`, one JSON value per line. Wants the project's own Node first in PATH.
import { appendFileSync, readFileSync } from 'node:fs';
import { story, walk } from './walk.ts';

const [file, url] = process.argv.slice(2);
if (file === undefined || url === undefined) {
  process.stderr.write('usage: browser.mjs <person.json> <url>\n');
  process.exit(2);
}

const tell = (entry) => appendFileSync(`${file}.log`, `${JSON.stringify(entry)}\n`);

try {
  // Some programs open the browser before their own callback server listens.
  await new Promise((wake) => setTimeout(wake, 300));
  const walked = await walk(url, JSON.parse(readFileSync(file, 'utf8')));
  tell({ url, story: story(walked), end: walked.end.kind, status: walked.end.status, params: walked.end.params });
} catch (error) {
  tell({ url, error: String(error), cause: String(error?.cause ?? '') });
  process.exitCode = 1;
}
