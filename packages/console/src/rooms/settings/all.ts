import { bodySchema, membersOf, summaryOf, type Member, type Schema } from '../../kit/schema.ts';
import type { Fields } from '../../kit/text-draft.ts';
import { titleOf } from '../../kit/titles.ts';

/** One setting of the hub, as its description has it: it appears here with the version of the hub that brings it. */
export type Of = { path: string; title: string; sentence: string; members: readonly Member[] };

/** Said at more length than in the description, where that helps whoever decides. */
const SENTENCES: Readonly<Record<string, string>> = {
  accounts: 'Whether people may open an account by themselves, and whether they need a second factor.',
  registration: 'How clients may register by themselves: by their own document (CIMD) or over the wire (DCR).',
  protection: 'Nonces in DPoP proofs, pushed requests, ids of signed requests, for everybody.',
  delegation: 'How often a token may be handed on by exchange. Policies may allow less.',
  approvals: 'Whether backchannel requests tell who exists, and how fresh the sign-in of an approver must be.',
  retention: 'For how many whole months the record is kept; left empty it is kept for ever. What was given up is gone.',
};
/** Settings whose path does not say that they are one. */
const OTHERS = new Set(['/admin/v1/registration']);

/** Every setting that can be written, in the order of their titles. */
export function settingsIn(root: Schema): readonly Of[] {
  const { paths } = root;
  const all = typeof paths === 'object' && paths !== null ? Object.keys(paths) : [];
  return all
    .filter((path) => (/^\/admin\/v1\/settings\/[a-z-]+$/.test(path) || OTHERS.has(path)) && bodySchema(root, path) !== undefined)
    .map((path): Of => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const title = titleOf(name.replaceAll('-', ' '));
      const sentence = SENTENCES[name] ?? summaryOf(root, path, 'get') ?? '';
      return { path, title, sentence, members: membersOf(bodySchema(root, path) ?? {}, root) };
    })
    .toSorted((one, other) => (one.title < other.title ? -1 : 1));
}

/** Of what the hub shows, what can be written back: some settings show how they do as well. */
export function writtenIn({ members }: Of, shown: Fields): Fields {
  const names = new Set(members.map(({ name }) => name));
  return Object.fromEntries(Object.entries(shown).filter(([name]) => names.has(name)));
}
