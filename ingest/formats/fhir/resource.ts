/** A FHIR resource from its bytes, JSON or XML, as a tree; what version it is of is not known here. */
import { isUtf8 } from 'node:buffer';
import type { Schema } from './schema.ts';
import { looseTree, readResourceXml, resourceTree, type Tree } from './xml.ts';
import { findJsonFault } from '../json-scan.ts';
import { withoutMark } from '../lines.ts';
import { refused, type MappedMessage } from '../message.ts';
import { XmlError } from '../xml.ts';

/** Of one AuditEvent; the largest that are known, with a whole HL7 query in them, have 20 KiB. */
export const event_bytes_max = 8 * 1024 * 1024;

/** The deepest AuditEvent in use has twelve levels; extensions and contained resources may go further. */
const depth_max = 64;

export interface Resource {
  /** As far as it can be read without its version. */
  readonly loose: Tree;
  readonly tree: (schema: Schema) => Tree;
}

/** The resource, or why it cannot be read. */
export function readResource(bytes: Buffer, media_type: string): Resource | MappedMessage {
  if (bytes.length > event_bytes_max)
    return refused('unknown', 'MESSAGE_TOO_LARGE', 'It is larger than any audit message is.');
  if (!isUtf8(bytes)) return refused('unknown', 'MESSAGE_NOT_UTF8', 'The message is not UTF-8.');
  return isXml(bytes, media_type) ? readXmlResource(bytes) : readJsonResource(bytes);
}

function readJsonResource(bytes: Buffer): Resource | MappedMessage {
  const plain = withoutMark(bytes);
  const fault = findJsonFault(plain, depth_max);
  if (fault === 'too_deep')
    return refused('unknown', 'MESSAGE_TOO_DEEP', 'It is nested deeper than any audit message is.');
  let value: unknown;
  try {
    value = JSON.parse(plain.toString('utf8'));
  } catch {
    // The parser's own message quotes the text, which is somebody's data.
    return refused('unknown', 'MESSAGE_JSON_INVALID', 'It is not JSON, or was cut short.');
  }
  if (fault === 'name_twice')
    return refused('unknown', 'MESSAGE_JSON_INVALID', 'An object has a name twice.');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The message is no resource.');
  return { loose: value as Tree, tree: () => value as Tree };
}

function readXmlResource(bytes: Buffer): Resource | MappedMessage {
  try {
    const text = withoutMark(bytes).toString('utf8');
    if (!isUtf8Declared(text))
      return refused(
        'unknown',
        'MESSAGE_NOT_UTF8',
        'The XML declares another encoding than UTF-8.',
      );
    const root = readResourceXml(text);
    const loose = { resourceType: root.name, ...looseTree(root) };
    return { loose, tree: (schema) => resourceTree(root, schema) };
  } catch (error) {
    if (error instanceof XmlError) return xmlRefused(error);
    throw error;
  }
}

/** The refusal of XML that could not be read. */
export function xmlRefused({ problem }: XmlError): MappedMessage {
  const [code, message] = {
    doctype: ['MESSAGE_XML_DOCTYPE', 'The XML has a DOCTYPE, which is not read.'] as const,
    invalid: ['MESSAGE_XML_INVALID', 'It is not well-formed XML, or was cut short.'] as const,
    too_deep: ['MESSAGE_TOO_DEEP', 'It is nested deeper than any audit message is.'] as const,
    too_large: ['MESSAGE_TOO_LARGE', 'It has more elements than any audit message.'] as const,
  }[problem];
  return refused('unknown', code, message);
}

/** ASCII is UTF-8 too, whatever is declared. */
function isUtf8Declared(text: string): boolean {
  const declared = /^<\?xml[^>]*\sencoding=["']([\w.-]+)["']/.exec(text)?.[1];
  if (declared === undefined || /^(?:utf-?8|us-ascii)$/i.test(declared)) return true;
  return Buffer.byteLength(text) === text.length;
}

/** Whether a body is XML: by its media type, else by how it begins. */
export function isXml(bytes: Buffer, media_type: string): boolean {
  if (media_type.includes('xml')) return true;
  if (media_type.includes('json')) return false;
  return /^\s*</.test(withoutMark(bytes.subarray(0, 256)).toString('latin1'));
}
