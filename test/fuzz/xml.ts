/** Fuzzes the XML reader: whatever comes it returns an element within its bounds, or throws its own error. */
import { readXml, XmlError, xml_limits, type XmlElement } from '../../ingest/formats/xml.ts';
import { auditMessage } from '../support/audit-message.ts';
import { demand, type FuzzTarget } from './target.ts';
import { xmlAttacks } from './xml-seeds.ts';

export const xml: FuzzTarget = {
  name: 'xml',
  seeds: [
    Buffer.from(auditMessage()),
    Buffer.from(
      '\ufeff<?xml version="1.0"?>\r\n<a xmlns="u" xmlns:b="v" b:c="1" c="2">\r\n<b:d/>\u{1f600}&lt;</a>',
    ),
    Buffer.from('<a><b><c>t</c>t<!-- c --><![CDATA[<&>]]></b><?p i?></a>\n'),
    ...xmlAttacks('a'),
  ],
  run(bytes) {
    const text = bytes.toString('utf8');
    let root: XmlElement;
    try {
      root = readXml(text);
    } catch (error) {
      if (error instanceof XmlError) return;
      throw error;
    }
    demand(check(root, text, 1) <= xml_limits.elements_max, 'the bound on elements');
  },
};

function check(element: XmlElement, text: string, depth: number): number {
  demand(depth <= xml_limits.depth_max, 'the bound on depth');
  demand(text[element.from] === '<' && text[element.to - 1] === '>', 'an element is a slice');
  demand(Object.keys(element.attributes).length <= xml_limits.attributes_max, 'few attributes');
  let elements = 1;
  let from = element.from;
  for (const child of element.children) {
    demand(child.from > from && child.to <= element.to, 'a child is within, after those before');
    from = child.to - 1;
    elements += check(child, text, depth + 1);
  }
  return elements;
}
