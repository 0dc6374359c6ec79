import type { Machine, Ran, World } from './world.ts';

/** How a client made itself known to the hub. `expected`: the client id that must be in the audit. */
export type Scenario = {
  client: string;
  version: string;
  /** A few words: which way of registration and login. */
  way: string;
  /** What the client id looks like when registration went the way it should. */
  clientId: RegExp;
  /** Not built in the hub yet: the run is reported, and its failure is none. */
  notBuilt?: string;
  /** Access tokens live 30 seconds while this runs, and the hub must see this event: clients refresh ahead. */
  shortTokens?: 'token.refreshed';
  /** Odd things about this client that the hub has to live with; stand in the report. */
  quirks: string[];
  run(machine: Machine, world: World): Promise<Ran[]>;
  /** Whether the client got through: what it printed holds the answer of the protected server. */
  reached(ran: readonly Ran[]): boolean;
};

/** The last program printed who the sample says it is: Ann, or the client itself where no user is present. */
export function saysWhoami(subject: string): (ran: readonly Ran[]) => boolean {
  return (ran) => new RegExp(`sub[\\\\":\\s]+${subject}`).test(ran.at(-1)?.output ?? '');
}

/** A tool list came back that has tools in it. */
export function listsTools(ran: readonly Ran[]): boolean {
  return (ran.at(-1)?.output ?? '').includes('list_incidents');
}
