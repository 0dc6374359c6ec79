import { meaning, type NodeOf } from '../meaning.ts';
import { deny } from '../move.ts';
import { text } from '../shape.ts';

const fields = { flow: text({ max: 100 }) };
export type SubflowNode = NodeOf<'subflow', typeof fields>;

export const subflow = meaning('subflow', fields, {
  says: 'Another flow at this place. It is copied in when the version is made, so that a change of it changes no version.',
  asks: 'nobody',
  enter: ({ state, node, id }) => deny(state, 'server_error', `${id}: the flow ${node.flow} was not copied in`),
});
