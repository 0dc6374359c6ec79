import { bodySchema, hasMethod, membersOf, summaryOf, type Member, type Schema } from '../../kit/schema.ts';
import { isFields, type Fields } from '../../kit/text-draft.ts';
import { titleOf } from '../../kit/titles.ts';

/** One setting of the hub, as its description has it: it appears here with the version of the hub that brings it. */
export type Of = {
  /** The last word of its path. */
  name: string;
  path: string;
  title: string;
  sentence: string;
  members: readonly Member[];
  /** There may be none of it. */
  isRemovable: boolean;
};

/** Said at more length than in the description, where that helps whoever decides. */
const SENTENCES: Readonly<Record<string, string>> = {
  accounts: 'Whether people may open an account by themselves, and whether they need a second factor.',
  registration: 'How clients may register by themselves: by their own document (CIMD) or over the wire (DCR).',
  protection: 'Nonces in DPoP proofs, pushed requests, ids of signed requests, for everybody.',
  delegation: 'How often a token may be handed on by exchange. Policies may allow less.',
  approvals: 'Whether backchannel requests tell who exists, and how fresh the sign-in of an approver must be.',
  anchor:
    'Where signed checkpoints of the record are kept besides the hub: a bucket that lets nobody take them away, or somebody who takes them by HTTP. With them even a record that was written anew is found out.',
  containment: 'For which kinds letting go of what is frozen takes two people, and for how long a request waits for the second.',
  drift:
    'Which change of a client stops it until somebody has looked: of no client (off), of those that an administrator vouched for (pinned), of all.',
  grants: 'For how many days what people allow is good: as it is offered to them, and at most. Left empty it has no end.',
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
      const members = membersOf(bodySchema(root, path) ?? {}, root);
      return { name, path, title, sentence, members, isRemovable: hasMethod(root, path, 'delete') };
    })
    .toSorted((one, other) => (one.title < other.title ? -1 : 1));
}

/** Of what the hub shows, what can be written back: some settings show how they do as well, and then stand beside it under their own name. */
export function writtenIn({ name, members }: Pick<Of, 'name' | 'members'>, shown: Fields): Fields {
  const names = new Set(members.map((member) => member.name));
  const own = shown[name];
  return Object.fromEntries(Object.entries(isFields(own) ? own : shown).filter(([member]) => names.has(member)));
}

/** Whether there is one, of a setting of which there may be none. */
export function isThere({ name }: Pick<Of, 'name'>, shown: Fields): boolean {
  return shown[name] !== null;
}
