/** The little Markdown of a detector's README. */
import { expect, test } from 'vitest';
import { parseMarkdown } from '../../../dashboard/lib/server/markdown.ts';

test('headings, paragraphs and lists become blocks, and the title is left out', () => {
  const blocks = parseMarkdown(
    '# Title\n## Rationale\nOne `two`\n**three**.\n\n1. First,\n   and more\n2. Second\n',
  );
  expect(blocks).toEqual([
    { kind: 'heading', text: 'Rationale' },
    {
      kind: 'paragraph',
      spans: [
        { kind: 'text', text: 'One ' },
        { kind: 'code', text: 'two' },
        { kind: 'text', text: ' ' },
        { kind: 'strong', text: 'three' },
        { kind: 'text', text: '.' },
      ],
    },
    {
      kind: 'list',
      is_ordered: true,
      items: [[{ kind: 'text', text: 'First, and more' }], [{ kind: 'text', text: 'Second' }]],
    },
  ]);
});

test('markup stays text', () => {
  expect(parseMarkdown('<b>x</b>')).toEqual([
    { kind: 'paragraph', spans: [{ kind: 'text', text: '<b>x</b>' }] },
  ]);
});
