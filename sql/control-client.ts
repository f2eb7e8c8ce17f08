/** How a command on the terminal reaches the process that holds the data directory. */
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { control_file, control_format, type CommandOutput, type ControlLine } from './control.ts';
import { holderOf } from './data-directory.ts';
import { CodedError } from './errors.ts';

interface ControlFile {
  readonly format: number;
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

/** Where the process that holds `data_dir` takes commands; undefined where no process holds it. */
export function findControl(data_dir: string): ControlFile | undefined {
  const holder = holderOf(data_dir);
  if (holder === undefined) return undefined;
  let control: ControlFile;
  try {
    control = JSON.parse(readFileSync(join(data_dir, control_file), 'utf8')) as ControlFile;
  } catch (cause) {
    throw new CodedError(
      'CONTROL_NOT_READY',
      `Process ${holder} holds the data directory and does not take commands (yet). Try again when it is up.`,
      { cause },
    );
  }
  if (control.format !== control_format || control.pid !== holder) {
    throw new CodedError(
      'CONTROL_NOT_READY',
      `Process ${holder} holds the data directory and is of another version.`,
    );
  }
  return control;
}

/** Has `command` carried out by that process, and returns the exit status. */
export async function sendCommand(
  control: ControlFile,
  command: string,
  args: readonly string[],
  to: CommandOutput,
): Promise<number> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: control.port,
        method: 'POST',
        path: '/control',
        headers: { authorization: `Bearer ${control.token}`, 'content-type': 'application/json' },
      },
      resolve,
    );
    sent.once('error', (cause) =>
      reject(
        new CodedError('CONTROL_LOST', `Process ${control.pid} no longer answers.`, { cause }),
      ),
    );
    sent.end(JSON.stringify({ command, args }));
  });
  for await (const text of createInterface({ input: response, crlfDelay: Infinity })) {
    const line = JSON.parse(text) as ControlLine;
    if ('progress' in line) to.progress(line.progress);
    else if ('output' in line) to.output(line.output);
    else if ('exit' in line) return line.exit;
    else throw new CodedError(line.error.code, line.error.message);
  }
  throw new CodedError('CONTROL_LOST', `Process ${control.pid} ended before the command did.`);
}
