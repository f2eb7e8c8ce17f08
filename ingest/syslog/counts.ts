/** What the syslog receiver has done since the start, for the metrics. */
import type { Transport } from '../intake.ts';

export type SyslogTransport = Extract<Transport, `syslog_${string}`>;

/** `taken`: on disk with at least one event. The others but `dropped` are on disk too, as refusals. */
export type MessageOutcome =
  'taken' | 'refused' | 'mangled' | 'too_long' | 'cut_short' | 'lost' | 'dropped';

/** Why a connection was let in or not, or ended by us. */
export type ConnectionOutcome =
  | 'accepted'
  | 'handshake_failed'
  | 'certificate_unknown'
  | 'source_ended'
  | 'too_many'
  | 'too_slow'
  | 'idle';

export interface SyslogCounts {
  countMessage(transport: SyslogTransport, outcome: MessageOutcome, count?: number): void;
  countConnection(transport: SyslogTransport, outcome: ConnectionOutcome): void;
  /** By transport and outcome, those that happened. */
  messages(): CountRow[];
  connections(): CountRow[];
}

export interface CountRow {
  readonly transport: string;
  readonly outcome: string;
  readonly count: number;
}

export function createSyslogCounts(): SyslogCounts {
  const messages = new Map<string, number>();
  const connections = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string, count: number) =>
    counts.set(key, (counts.get(key) ?? 0) + count);
  const rows = (counts: Map<string, number>) =>
    [...counts].map(([key, count]) => {
      const [transport = '', outcome = ''] = key.split(' ');
      return { transport, outcome, count };
    });
  return {
    countMessage: (transport, outcome, count = 1) =>
      void add(messages, `${transport} ${outcome}`, count),
    countConnection: (transport, outcome) => void add(connections, `${transport} ${outcome}`, 1),
    messages: () => rows(messages),
    connections: () => rows(connections),
  };
}
