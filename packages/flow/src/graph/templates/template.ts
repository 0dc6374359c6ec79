import type { FlowDocument } from '../text.ts';

/** A flow to begin with. `needs`: what must be there before it can run. */
export type FlowTemplate = {
  readonly id: string;
  readonly title: string;
  readonly says: string;
  readonly needs: readonly string[];
  readonly flow: FlowDocument;
};
