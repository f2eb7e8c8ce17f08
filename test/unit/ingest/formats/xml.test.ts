import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readXml, XmlError, xml_limits } from '../../../../ingest/formats/xml.ts';

const problemOf = (text: string): string => {
  try {
    readXml(text);
    return 'none';
  } catch (error) {
    if (error instanceof XmlError) return error.problem;
    throw error;
  }
};

it('reads elements, attributes, text and CDATA, in whatever namespace', () => {
  const root = readXml(
    '<?xml version="1.0"?><a xmlns="urn:a" xmlns:p="urn:p" x="1 &lt; 2"><p:b/>t&amp;<![CDATA[<c>]]></a>',
  );
  expect(root).toMatchObject({
    name: 'a',
    namespace: 'urn:a',
    attributes: { x: '1 < 2' },
    text: 't&<c>',
    children: [{ name: 'b', namespace: 'urn:p', text: '' }],
  });
});

it('leaves attributes of other vocabularies out, so that none stands for one of the message', () => {
  const { attributes } = readXml('<a xmlns:x="urn:x" type="own" x:type="other" x:more="1"/>');
  expect({ ...attributes }).toEqual({ type: 'own' });
});

it.each([
  ['a DOCTYPE', '<!DOCTYPE a><a/>', 'doctype'],
  ['a DOCTYPE that would read a file', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'doctype'],
  [
    'entities of its own',
    '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    'doctype',
  ],
  ['an entity that nobody declared', '<a>&nbsp;</a>', 'invalid'],
  ['a prefix that is not bound', '<p:a/>', 'invalid'],
  ['an attribute twice', '<a b="1" b="2"/>', 'invalid'],
  ['an attribute twice by its namespace', '<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>', 'invalid'],
  ['two roots', '<a/><b/>', 'invalid'],
  ['text after the root', '<a/>x', 'invalid'],
  ['an end that is missing', '<a><b></b>', 'invalid'],
  ['ends that cross', '<a><b></a></b>', 'invalid'],
  ['a control character', '<a>\u0001</a>', 'invalid'],
  ['a control character by its number', '<a>&#1;</a>', 'invalid'],
  ['a declaration that is not at the start', ' <?xml version="1.0"?><a/>', 'invalid'],
  ['nothing', '', 'invalid'],
  ['too many levels', '<a>'.repeat(xml_limits.depth_max + 1), 'too_deep'],
  ['too many elements', `<a>${'<b/>'.repeat(xml_limits.elements_max)}</a>`, 'too_large'],
  [
    'too many attributes',
    `<a ${Array.from({ length: 65 }, (_value, at) => `a${at}=""`).join(' ')}/>`,
    'too_large',
  ],
])('refuses %s', (_title, text, problem) => {
  expect(problemOf(text)).toBe(problem);
});

it('takes as many levels and attributes as its bounds say', () => {
  const { depth_max, attributes_max } = xml_limits;
  expect(problemOf('<a>'.repeat(depth_max) + '</a>'.repeat(depth_max))).toBe('none');
  const attributes = Array.from({ length: attributes_max }, (_value, at) => `a${at}=""`).join(' ');
  expect(problemOf(`<a ${attributes}/>`)).toBe('none');
});

it('says of each element where it stands, whatever stands before and in it', () => {
  const piece = fc.constantFrom(
    '<b/>',
    '<b />',
    '<b c="d>e"/>',
    "<b c='/>'>x</b>",
    '<p:b xmlns:p="u">\r\n</p:b>',
    '\r\n',
    '\u{1f600}',
    'é',
    '&lt;',
    '<!-- <b/> -->',
    '<?b <b/>?>',
    '<![CDATA[<b/>]]>',
  );
  fc.assert(
    fc.property(
      fc.constantFrom('', '\ufeff', '\ufeff<?xml version="1.0"?>\r\n<!-- \u{1f600} -->'),
      fc.array(piece, { maxLength: 12 }),
      (before, pieces) => {
        const text = `${before}<a>${pieces.join('')}</a>\n`;
        const root = readXml(text);
        expect(text.slice(root.from, root.to)).toBe(`<a>${pieces.join('')}</a>`);
        const slices = root.children.map(({ from, to }) => text.slice(from, to));
        expect(slices).toEqual(pieces.filter((each) => /^<(?:p:)?b/.test(each)));
      },
    ),
    { seed: 3, numRuns: 500 },
  );
});
