/** The little Markdown of a detector's README, as blocks that a page renders as text: no HTML passes through. */

export interface Span {
  readonly kind: 'text' | 'code' | 'strong';
  readonly text: string;
}

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | {
      readonly kind: 'list';
      readonly is_ordered: boolean;
      readonly items: readonly (readonly Span[])[];
    };

/** Headings, paragraphs and flat lists; `code` and **strong** within. The title (one `#`) is left out: pages have theirs. */
export function parseMarkdown(markdown: string): Block[] {
  return markdown
    .replaceAll('\r\n', '\n')
    .replace(/^(#{1,6} .*)$/gm, '\n$1\n')
    .split(/\n{2,}/)
    .map((chunk) => chunk.trim())
    .filter((chunk) => chunk !== '' && !chunk.startsWith('# '))
    .flatMap(parseChunk);
}

const item_start = /^\s*(?:[-*]|\d+[.)])\s+/;

function parseChunk(chunk: string): Block[] {
  const heading = /^#{2,6} (.*)$/.exec(chunk);
  if (heading) return [{ kind: 'heading', text: heading[1] ?? '' }];
  const lines = chunk.split('\n');
  const first_item = lines.findIndex((line) => item_start.test(line));
  if (first_item < 0) return [{ kind: 'paragraph', spans: parseSpans(lines.join(' ')) }];
  const before = lines.slice(0, first_item).join(' ');
  const items: string[] = [];
  for (const line of lines.slice(first_item)) {
    if (item_start.test(line)) items.push(line.replace(item_start, ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  const is_ordered = /^\s*\d/.test(lines[first_item] ?? '');
  const list: Block = { kind: 'list', is_ordered, items: items.map(parseSpans) };
  return before === '' ? [list] : [{ kind: 'paragraph', spans: parseSpans(before) }, list];
}

function parseSpans(text: string): Span[] {
  // A link keeps its words: where it leads is a file of the project, which a browser cannot open.
  const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return plain
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter((part) => part !== '')
    .map((part) => {
      if (part.startsWith('`') && part.endsWith('`') && part.length > 2) {
        return { kind: 'code', text: part.slice(1, -1) };
      }
      if (part.startsWith('**') && part.endsWith('**') && part.length > 4) {
        return { kind: 'strong', text: part.slice(2, -2) };
      }
      return { kind: 'text', text: part };
    });
}
