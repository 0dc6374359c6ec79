/** Members of a JSON object that a client sent: nothing about them is known yet. */
export type Members = Readonly<Record<string, unknown>>;

/** What the reading of client metadata needs to know about the hub. */
export type MetadataRules = {
  /** dcr: anybody may send it. cimd: a document at the client's own host; it can hold no shared secret. */
  channel: 'dcr' | 'cimd';
  /** Host of the hub: nobody else may call themselves that. */
  hubHost: string;
  /** Why a URL may never be fetched (address, port, form), judged without asking the network; undefined when it may. */
  urlFault(url: string): string | undefined;
  /** Hosts to which https redirects may go; empty: any. */
  redirectHosts: readonly string[];
};
