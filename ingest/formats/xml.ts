/** Reads XML strictly, as a stream, within bounds: no entities but the five of XML, no DOCTYPE, no namespace left unbound. */
import { SaxesParser, type SaxesTagNS } from 'saxes';

/** An element: its local name, its namespace, its attributes, and what is in it. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  /** Those without a namespace. What is of another vocabulary (`xsi:type`) says nothing of the message. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
  /** Where it stands in the text that was read, as [from, to) in UTF-16 units. */
  readonly from: number;
  readonly to: number;
}

export interface XmlLimits {
  readonly depth_max: number;
  readonly elements_max: number;
  readonly attributes_max: number;
}

export const xml_limits: XmlLimits = { depth_max: 48, elements_max: 400_000, attributes_max: 64 };

export type XmlProblem = 'doctype' | 'invalid' | 'too_deep' | 'too_large';

/** Why the text was not read. It carries no piece of the text, which is somebody's data. */
export class XmlError extends Error {
  readonly problem: XmlProblem;

  constructor(problem: XmlProblem) {
    super(`XML ${problem}`);
    this.name = 'XmlError';
    this.problem = problem;
  }
}

export interface XmlOptions {
  /** Namespaces of prefixes that are declared outside of the text: it was cut out of a document. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Of such an element the children are told, with where they stand, and nothing of what is in them. */
  readonly isOpaque?: (name: string, depth: number) => boolean;
}

/**
 * The root element of a document.
 *
 * @throws XmlError
 */
export function readXml(
  text: string,
  limits: XmlLimits = xml_limits,
  options: XmlOptions = {},
): XmlElement {
  const { namespaces, isOpaque } = options;
  const parser = new SaxesParser({
    xmlns: true,
    position: false,
    ...(namespaces && { additionalNamespaces: { ...namespaces } }),
  });
  const open: (Omit<XmlElement, 'children' | 'text' | 'to'> & {
    children: XmlElement[];
    text: string;
    to: number;
  })[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let tag_from = 0;
  // Elements that are deeper than this are not told.
  let told_depth_max = Infinity;
  parser.on('error', () => fail('invalid'));
  parser.on('doctype', () => fail('doctype'));
  parser.on('opentagstart', () => {
    if (open.length <= told_depth_max) elements += 1;
    if (elements > limits.elements_max) fail('too_large');
    if (open.length >= limits.depth_max) fail('too_deep');
    // The name has just been read, and holds no such sign: the search goes back no further than over the name.
    tag_from = text.lastIndexOf('<', parser.position - 1);
  });
  let attributes = 0;
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > limits.attributes_max) fail('too_large');
  });
  parser.on('opentag', (tag: SaxesTagNS) => {
    attributes = 0;
    const depth = open.length;
    const element = {
      name: tag.local,
      namespace: tag.uri,
      attributes: depth > told_depth_max ? {} : attributesOf(tag),
      children: [],
      text: '',
      from: tag_from,
      to: 0,
    };
    if (depth <= told_depth_max) open.at(-1)?.children.push(element);
    open.push(element);
    if (told_depth_max === Infinity && isOpaque?.(tag.local, depth)) told_depth_max = depth + 1;
  });
  const addText = (piece: string) => {
    const element = open.at(-1);
    if (element && open.length <= told_depth_max) element.text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (!element) return;
    element.to = parser.position;
    if (open.length === told_depth_max - 1) told_depth_max = Infinity;
    if (open.length === 0) root = element;
  });
  parser.write(text).close();
  return root ?? fail('invalid');
}

function attributesOf(tag: SaxesTagNS): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const { local, uri, value } of Object.values(tag.attributes)) {
    if (uri === '') attributes[local] = value;
  }
  return attributes;
}

function fail(problem: XmlProblem): never {
  throw new XmlError(problem);
}
