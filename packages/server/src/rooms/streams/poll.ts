import { z } from 'zod';

/** What a transmitter answers to whoever polls (RFC 8936 §2.3). */
const answer = z.object({
  sets: z.record(z.string().max(255), z.string().max(65_536)).default({}),
  moreAvailable: z.boolean().default(false),
});
export type PollAnswer = z.output<typeof answer>;

/** SETs that are asked for at once. */
export const MOST_SETS = 100;

export function readPollAnswer(value: unknown): PollAnswer | undefined {
  const read = answer.safeParse(value);
  return read.success && Object.keys(read.data.sets).length <= MOST_SETS * 2 ? read.data : undefined;
}

/** What we have, and what we refuse; the question that reports the last answer asks for the next. */
export type Report = { ack: string[]; setErrs: Record<string, { err: string; description: string }> };

export function emptyReport(): Report {
  return { ack: [], setErrs: {} };
}

export function hasNews({ ack, setErrs }: Report): boolean {
  return ack.length > 0 || Object.keys(setErrs).length > 0;
}

/** What a client of ours asks at our own poll endpoint (RFC 8936 §2.2). */
const question = z.object({
  maxEvents: z.number().int().min(0).max(1_000_000).optional(),
  returnImmediately: z.boolean().default(false),
  ack: z.array(z.string().max(255)).max(1_000).default([]),
  setErrs: z
    .record(z.string().max(255), z.looseObject({ err: z.string().max(255).optional() }))
    .default({})
    .refine((all) => Object.keys(all).length <= 1_000),
});
export type PollQuestion = z.output<typeof question>;

export function readPollQuestion(value: unknown): PollQuestion | undefined {
  const read = question.safeParse(value);
  return read.success ? read.data : undefined;
}
