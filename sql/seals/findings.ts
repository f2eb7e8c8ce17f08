/** What verification can find wrong, and how a load differs from its head. */
import type { LoadHead } from './head.ts';
import type { LoadTree } from './trees.ts';

/** The kinds of a finding, each with what it says. Their words are a contract: programs read them. */
export const finding_kinds = {
  edited: 'rows are not what was sealed',
  added: 'there are more rows than were sealed',
  removed: 'rows that were sealed are missing',
  truncated: 'rows that were sealed are missing at the end',
  reordered: 'rows that were sealed have changed places',
  ledger_differs: 'the ledger does not say what was sealed',
  key_missing: 'the keys of events are gone, by which they are known if they come again',
  rejects_differ: 'there are not as many refusals and conflicts as the ledger counts',
  load_removed: 'a load that was sealed is not in the ledger',
  seal_removed: 'a load that is in the ledger has lost its seal',
  chain_broken: 'the seals are not the chain that they were made as',
  signature_invalid: 'a checkpoint is not signed by the key in force',
  key_replaced: 'the sealing key was replaced without the old one',
  rolled_back: 'a witness has seen more, or something else, than is here',
  superseded_differs: 'what the load superseded is not what was sealed',
  resolved_differs: 'what the load resolved is not what was sealed',
  original_edited: 'foreign messages are not the bytes that came',
  original_missing: 'foreign messages that told of accesses are gone',
  erasure_differs: 'the erased rows are not those of the signed record',
  own_audit_differs: 'our own audit is not what was sealed',
  schema_differs: 'a computed column or a view is not what the migrations made it',
} as const;

export type FindingKind = keyof typeof finding_kinds;

/** One thing that is wrong. `load_seq` is 0 where it is about no one load. */
export interface Finding {
  readonly kind: FindingKind;
  readonly load_seq: number;
  readonly detail: string;
}

/** How the stored rows of a load differ from its head; undefined where they do not. */
export function treeFinding(head: LoadHead, tree: LoadTree): Finding | undefined {
  if (tree.tree_size === head.tree_size && tree.root === head.root) return undefined;
  const { load_seq } = head;
  const counts = `${head.tree_size} were sealed, ${tree.tree_size} are stored`;
  if (tree.tree_size > head.tree_size) return { kind: 'added', load_seq, detail: counts };
  if (tree.tree_size < head.tree_size) {
    const is_at_end = tree.last_position < head.last_position;
    return { kind: is_at_end ? 'truncated' : 'removed', load_seq, detail: counts };
  }
  // As many rows as before. Where each still has its salt, and another place, they were moved; else they were changed.
  const are_same_rows = tree.salts === head.salts;
  if (are_same_rows && tree.places !== head.places)
    return { kind: 'reordered', load_seq, detail: `${tree.tree_size} rows, in other places` };
  const what = are_same_rows ? 'their content' : 'rows exchanged for others, or their salts';
  return { kind: 'edited', load_seq, detail: `${tree.tree_size} rows: ${what}` };
}
