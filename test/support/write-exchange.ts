/** A simulated exchange on disk, for the demo, the evaluation and the suites. */
import { simulateExchange, type SimulationOptions } from '../simulate/exchange.ts';
import { prepareOutput, writeChunks } from '../simulate/write.ts';

/**
 * Writes the exchange to the new directory `out`, with a line of progress for each tenth of the period.
 *
 * @throws RangeError for options out of range, OutputError when `out` is not empty
 */
export async function writeExchange(
  options: SimulationOptions & { out: string; progress?: (line: string) => void },
): Promise<void> {
  const { out, progress, ...simulation } = options;
  await prepareOutput(out);
  let events = 0;
  let tenths = 0;
  await writeChunks(out, simulateExchange(simulation), ({ file, rows, day }) => {
    if (file.startsWith('events/')) events += rows;
    const reached = Math.floor((day * 10) / simulation.days);
    if (reached <= tenths) return;
    tenths = reached;
    progress?.(`day ${day} of ${simulation.days}, ${events.toLocaleString('en-GB')} events`);
  });
}
