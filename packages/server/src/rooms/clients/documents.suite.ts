import type { OutboundResult } from '../../base/outbound/outbound.ts';
import type { Client } from './client.ts';
import { openRoom, type Room } from './room.suite.ts';
import { createWorld, jsonAnswer, openDesk, type Desk, type World } from './world.suite.ts';

/** Two nodes that meet clients by their documents. Every `newUrl` is at a host of its own. */
export type DocumentRig = {
  room: Room;
  world: World;
  desk: Desk;
  other: Desk;
  newUrl(): string;
  publish(url: string, answer?: OutboundResult): void;
  find(url: string, at?: Desk): ReturnType<Desk['directory']['find']>;
  /** The client, or throws with the reason. */
  found(url: string): Promise<Client>;
  eventsOf(url: string): Promise<{ type: string; reason: string | undefined; data: Record<string, unknown> }[]>;
  asked(url: string): number;
};

export const documentAt = (url: string, more: object = {}): Record<string, unknown> => ({
  client_id: url,
  client_name: 'Example',
  redirect_uris: ['http://127.0.0.1/callback'],
  ...more,
});

/** What a content network says to servers it does not know. */
export function challenge(): OutboundResult {
  return { ok: true, status: 403, headers: new Headers({ 'content-type': 'text/html' }), body: Buffer.from('<html>Just a moment…</html>') };
}

export async function openDocumentRig(): Promise<DocumentRig> {
  const room = await openRoom();
  const world = createWorld();
  const desk = await openDesk(room, room, world);
  const other = await openDesk(room, room.node(), world);
  let count = 0;
  const find: DocumentRig['find'] = (url, at = desk) => at.directory.find(url);
  return {
    room,
    world,
    desk,
    other,
    find,
    newUrl: () => `https://c${(count += 1)}.example/oauth/client.json`,
    publish: (url, answer = jsonAnswer(documentAt(url))) => void world.answers.set(url, () => answer),
    async found(url) {
      const outcome = await find(url);
      if (!outcome.ok) throw new Error(`${outcome.error.reason}: ${outcome.error.detail}`);
      return outcome.value;
    },
    async eventsOf(url) {
      const events = await room.events();
      return events.filter((event) => event.target?.id === url).map(({ type, reason, data }) => ({ type, reason, data }));
    },
    asked: (url) => world.asked.filter((one) => one === url).length,
  };
}
