/** The one loader of `.sql` files, and the guard that lets no text hold two statements. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from './errors.ts';

/** The folder that holds `package.json`; statements are named by their path from here. */
export const project_root = fileURLToPath(new URL('..', import.meta.url));

/** One SQL statement: its text, and the name that the query log shows as who asked. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

const loaded = new Map<string, Statement>();

/**
 * The statement in a `.sql` file of the project.
 *
 * @param path from the project's root, e.g. `ingest/queries/commit_segment.sql`
 * @throws CodedError STATEMENT_NOT_FOUND, STATEMENT_MULTIPLE, STATEMENT_HAS_SETTINGS
 */
export function loadStatement(path: string): Statement {
  const known = loaded.get(path);
  if (known) return known;
  let text: string;
  try {
    text = readFileSync(join(project_root, path), 'utf8');
  } catch (cause) {
    throw new CodedError('STATEMENT_NOT_FOUND', `There is no SQL file ${path}.`, { cause });
  }
  const statement = parseStatement(path, text);
  loaded.set(path, statement);
  return statement;
}

/** A statement from text that is already at hand; `name` is what the query log shows. */
export function parseStatement(name: string, text: string): Statement {
  const statements = splitStatements(text);
  if (statements.length !== 1 || statements[0] === undefined) {
    throw new CodedError(
      'STATEMENT_MULTIPLE',
      `${name} holds ${statements.length} statements; each call takes one.`,
    );
  }
  // The client adds the limits as the SETTINGS clause, and a statement can have only one.
  if (/\bSETTINGS\b/i.test(blankLiterals(statements[0]))) {
    throw new CodedError(
      'STATEMENT_HAS_SETTINGS',
      `${name} has a SETTINGS clause; the client adds it.`,
    );
  }
  return { name, text: statements[0] };
}

/** The statements of a text, without their semicolons; comments alone are no statement. */
export function splitStatements(text: string): string[] {
  const blanked = blankLiterals(text);
  const statements: string[] = [];
  let start = 0;
  for (let end = 0; end <= blanked.length; end++) {
    if (end < blanked.length && blanked[end] !== ';') continue;
    if (blanked.slice(start, end).trim() !== '') statements.push(text.slice(start, end).trim());
    start = end + 1;
  }
  return statements;
}

/**
 * The text with every literal, quoted name and comment turned to spaces, offsets kept.
 *
 * Follows ClickHouse's lexer: a backslash or a doubled quote escapes within quotes, `--`, `#!` and `# ` begin a line
 * comment, and a heredoc is `$tag$ … $tag$`. What is never closed runs to the end of the text.
 */
export function blankLiterals(text: string): string {
  let blanked = '';
  let at = 0;
  while (at < text.length) {
    const end = literalEnd(text, at);
    if (end === at) {
      blanked += text[at];
      at += 1;
    } else {
      blanked += text.slice(at, end).replace(/[^\n]/g, ' ');
      at = end;
    }
  }
  return blanked;
}

function literalEnd(text: string, at: number): number {
  const here = text[at];
  if (here === "'" || here === '"' || here === '`') return quotedEnd(text, at, here);
  if (text.startsWith('--', at) || text.startsWith('#!', at) || text.startsWith('# ', at)) {
    return endOf(text, '\n', at);
  }
  if (text.startsWith('/*', at)) return endOf(text, '*/', at + 2);
  if (here === '$') {
    const tag = /^\$\w*\$/.exec(text.slice(at, at + 64))?.[0];
    if (tag !== undefined) return endOf(text, tag, at + tag.length);
  }
  return at;
}

function quotedEnd(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === quote && text[i + 1] === quote) i += 1;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

function endOf(text: string, closing: string, from: number): number {
  const found = text.indexOf(closing, from);
  return found < 0 ? text.length : found + closing.length;
}
