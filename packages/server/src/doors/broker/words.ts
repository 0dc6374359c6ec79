import type { ConnectFault } from '../../rooms/connections/connecting.store.ts';
import type { Connection } from '../../rooms/connections/connection.ts';

export type Sentence = { status: number; title: string; sentence: string };

/** What the person who cannot go on is told; why exactly is for the entry. A stranger learns nothing of what the link would have done. */
export function faultWords(fault: ConnectFault): Sentence {
  switch (fault.kind) {
    case 'over':
      return {
        status: 400,
        title: 'This link is over',
        sentence: 'It was used, it is too old, or it was begun in another browser. Ask for a new one where you came from.',
      };
    case 'stranger':
      return {
        status: 403,
        title: 'This link is for somebody else',
        sentence:
          'Nothing was connected. If it was meant for you, say below that you are somebody else; if somebody sent it to you, tell your administrator.',
      };
    case 'provider':
      return fault.reason === 'access_denied'
        ? { status: 400, title: 'Nothing was connected', sentence: 'You, or the service, said no.' }
        : { status: 502, title: 'Nothing was connected', sentence: 'The service did not go along.' };
  }
}

/** Where the secret of a connection is used, as people know it. */
export function hostOf({ baseUrl, authorizationUrl, url, allowedHosts }: Connection): string | undefined {
  const address = url ?? baseUrl ?? authorizationUrl;
  return address === undefined ? allowedHosts[0] : new URL(address).host;
}

export const nameOf = ({ id, name }: Connection): string => name ?? id;
