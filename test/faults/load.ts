/** Keeps sending while something goes wrong: batches, single events, arrays and staff, each until it is acknowledged. */
import { pause } from './random.ts';
import { eventLine, type Service } from './service.ts';

export interface Load {
  readonly acknowledged: ReadonlySet<string>;
  readonly receipts: readonly string[];
  staffVersion(): number;
  /** Waits until so many events are acknowledged. */
  reached(events: number): Promise<void>;
  /** Sends no more, and returns once all that was begun is acknowledged. */
  stop(): Promise<void>;
}

/** Starts senders on a service. Each event is sent until it is acknowledged, however often that takes. */
export function startLoad(service: Service, random: () => number): Load {
  const acknowledged = new Set<string>();
  const receipts: string[] = [];
  let next = 0;
  let staff_version = 0;
  let is_over = false;
  let failed: unknown;

  function take(count: number): number[] {
    const numbers = Array.from({ length: count }, (_, index) => next + index);
    next += count;
    return numbers;
  }
  async function send(body: string, numbers: readonly number[], type?: string): Promise<void> {
    receipts.push(await service.sendUntilAcknowledged(body, type === undefined ? {} : { type }));
    for (const number of numbers) acknowledged.add(`e${number}`);
  }
  async function sendBatches(): Promise<void> {
    while (!is_over) {
      const numbers = take(1 + Math.floor(random() * 100));
      await send(numbers.map((number) => eventLine(number)).join(''), numbers);
      await pause(10);
    }
  }
  async function sendLarge(): Promise<void> {
    while (!is_over) {
      const numbers = take(2_000);
      await send(numbers.map((number) => eventLine(number)).join(''), numbers);
      // Many starts and stops are to be met by little data, rather than few by much.
      await pause(1_000);
    }
  }
  async function sendSingles(): Promise<void> {
    while (!is_over) {
      const numbers = take(1);
      await send(eventLine(numbers[0] ?? 0), numbers, 'application/json');
      await pause(5);
    }
  }
  async function sendArrays(): Promise<void> {
    while (!is_over) {
      const numbers = take(10);
      const lines = numbers.map((number) => eventLine(number).trim());
      await send(`[${lines.join(',')}]`, numbers, 'application/json');
      await pause(10);
    }
  }
  // Staff who change all the time, in segments between those of the events: numbers of loads must not be mixed up.
  async function putStaff(): Promise<void> {
    while (!is_over) {
      const line = `{"staff_id":"1","organisation_code":"RZZ01","name":"version ${staff_version + 1}"}\n`;
      const put = { method: 'PUT', path: 'reference/staff' };
      receipts.push(await service.sendUntilAcknowledged(line, put));
      staff_version += 1;
      await pause(30);
    }
  }
  const senders = [
    sendBatches(),
    sendBatches(),
    sendLarge(),
    sendSingles(),
    sendArrays(),
    putStaff(),
  ];
  const sending = Promise.all(senders);
  sending.catch((error: unknown) => (failed = error));

  return {
    acknowledged,
    receipts,
    staffVersion: () => staff_version,
    async reached(events) {
      const until = performance.now() + 120_000;
      while (acknowledged.size < events) {
        if (failed !== undefined) throw failed as Error;
        if (performance.now() > until) throw new Error('Nothing was acknowledged within 120 s.');
        await pause(2);
      }
    },
    async stop() {
      is_over = true;
      await sending;
    },
  };
}
