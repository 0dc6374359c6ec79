/** How many questions one statement takes. */
const MOST = 200;

type Waiting<Of, Answer> = { of: Of; resolve(answer: Answer): void; reject(error: unknown): void };

/** Questions that are asked within one turn of the event loop share a statement. `ask` answers in the order of the questions. */
export function createBatch<Of, Answer>(ask: (all: readonly Of[]) => Promise<readonly Answer[]>): (of: Of) => Promise<Answer> {
  let waiting: Waiting<Of, Answer>[] = [];
  const together = async (batch: readonly Waiting<Of, Answer>[]): Promise<void> => {
    try {
      const answers = await ask(batch.map(({ of }) => of));
      if (answers.length !== batch.length) throw new Error('not every question was answered');
      answers.forEach((answer, place) => batch[place]?.resolve(answer));
    } catch (error) {
      for (const waiter of batch) waiter.reject(error);
    }
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length; at += MOST) void together(all.slice(at, at + MOST));
  };
  return (of) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ of, resolve, reject });
    });
}
