/** Reads what strace wrote of a process: which file calls began and ended when, whichever thread made them. */

export interface TracedCall {
  readonly name: string;
  /** The file of the first descriptor, or the first path. */
  readonly path: string;
  /** Of a rename: where to. */
  readonly to: string;
  readonly text: string;
  /** Lines of the trace: the call began no later than `began`, and had ended at `ended`. */
  readonly began: number;
  readonly ended: number;
  readonly failed: boolean;
}

/** The options under which a trace holds what `readTrace` reads. */
export function straceCommand(out: string): string[] {
  const calls = [
    'openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir',
    'write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,sendfile',
    'fsync,fdatasync,sync,syncfs,sync_file_range,msync,sendto,sendmsg',
  ].join(',');
  // -D: the traced process is the child, and gets the signals. -y: descriptors with their paths.
  return ['strace', '-D', '-f', '-y', '-yy', '-s', '24', '-o', out, '-e', `trace=${calls}`];
}

/** The calls of a trace, in the order in which they ended. */
export function readTrace(text: string): TracedCall[] {
  const calls: TracedCall[] = [];
  const unfinished = new Map<string, { text: string; began: number }>();
  for (const [line_number, line] of text.split('\n').entries()) {
    const [, thread = '', said = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (said.endsWith('<unfinished ...>')) {
      unfinished.set(thread, {
        text: said.slice(0, -'<unfinished ...>'.length),
        began: line_number,
      });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(said);
    const start = resumed ? unfinished.get(thread) : undefined;
    if (resumed && !start) continue;
    const whole = resumed ? `${start?.text ?? ''}${resumed[1] ?? ''}` : said;
    const call = asCall(whole, start?.began ?? line_number, line_number);
    if (call) calls.push(call);
  }
  return calls;
}

function asCall(text: string, began: number, ended: number): TracedCall | undefined {
  const name = /^(\w+)\(/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const result = /\) += (-?\d+)(?:<([^>]*)>)?[^)]*$/.exec(text);
  const quoted = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => path);
  // What was opened is named behind the result; else the first descriptor, else the first path.
  const is_open = name === 'openat' || name === 'creat';
  const descriptor = /^\w+\(\d+<((?:[^<>]|->)*)>/.exec(text)?.[1];
  const path = is_open ? (result?.[2] ?? quoted[0]) : (descriptor ?? quoted[0]);
  return {
    name,
    path: withoutEnd(path ?? ''),
    to: name.startsWith('rename') ? withoutEnd(quoted[1] ?? '') : '',
    text,
    began,
    ended,
    failed: result?.[1]?.startsWith('-') ?? true,
  };
}

function withoutEnd(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
