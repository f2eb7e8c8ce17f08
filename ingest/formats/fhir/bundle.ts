/** Cuts a Bundle into its entries: the bytes of each resource as they stand, so that each is kept as what was sent. */
import { isUtf8 } from 'node:buffer';
import { isXml, xmlRefused } from './resource.ts';
import { objectsAt, textAt } from './tree.ts';
import { readBundleXml } from './xml.ts';
import { findEntries, findJsonFault, withoutSpans } from '../json-scan.ts';
import { withoutMark } from '../lines.ts';
import { refused, type MappedMessage, type MessageRefusal } from '../message.ts';
import { XmlError, type XmlElement } from '../xml.ts';

export const bundle_types = ['batch', 'transaction', 'collection', 'searchset'] as const;
export type BundleType = (typeof bundle_types)[number];

/** An entry: the bytes of its resource, or its own where it is refused before it is read. */
export interface BundleEntry {
  readonly bytes: Buffer;
  readonly refusal?: MessageRefusal;
}

export interface Bundle {
  readonly type: BundleType;
  readonly entries: readonly BundleEntry[];
}

/** The frame of a Bundle has four levels, and its links and extensions some more. */
const frame_depth_max = 32;
/** An entry takes forty bytes at least; this many AuditEvents have never been sent at once. */
const entries_max = 100_000;

/** The entries in order. Never throws; what is no Bundle that is taken is refused as a message. */
export function readBundle(bytes: Buffer, media_type: string): Bundle | MappedMessage {
  if (!isUtf8(bytes)) return refused('unknown', 'MESSAGE_NOT_UTF8', 'The message is not UTF-8.');
  return isXml(bytes, media_type) ? readXmlBundle(bytes) : readJsonBundle(withoutMark(bytes));
}

function readJsonBundle(bytes: Buffer): Bundle | MappedMessage {
  const spans = findEntries(bytes, entries_max);
  if (spans.length > entries_max) return tooMany();
  // Without its resources the rest is small, and what is wrong with one of them is its own matter.
  const frame = withoutSpans(
    bytes,
    spans.flatMap(({ resource }) => resource ?? []),
  );
  const fault = findJsonFault(frame, frame_depth_max);
  if (fault === 'too_deep')
    return refused('unknown', 'MESSAGE_TOO_DEEP', 'It is nested deeper than any Bundle is.');
  let value: unknown;
  try {
    value = JSON.parse(frame.toString('utf8'));
  } catch {
    return refused('unknown', 'MESSAGE_JSON_INVALID', 'It is not JSON, or was cut short.');
  }
  if (fault === 'name_twice')
    return refused('unknown', 'MESSAGE_JSON_INVALID', 'An object has a name twice.');
  const entry = (value as { entry?: unknown } | null)?.entry ?? [];
  // Entries that are no objects have no span of their own, and the indices would not fit.
  if (!Array.isArray(entry) || entry.length !== spans.length || !entry.every(isObject))
    return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The entries are no objects.', 'Bundle.entry');
  const entries: unknown[] = entry;
  return bundleOf(
    textAt(value, 'resourceType'),
    textAt(value, 'type'),
    entries.map((entry, index) => {
      const { from, to, resource } = spans[index] ?? { from: 0, to: 0 };
      return {
        whole: bytes.subarray(from, to),
        resource: resource && bytes.subarray(resource.from, resource.to),
        mode: textAt(objectsAt(entry, 'search')[0], 'mode'),
        method: textAt(objectsAt(entry, 'request')[0], 'method'),
        url: textAt(objectsAt(entry, 'request')[0], 'url'),
      };
    }),
  );
}

function readXmlBundle(bytes: Buffer): Bundle | MappedMessage {
  const text = withoutMark(bytes).toString('utf8');
  let root: XmlElement;
  try {
    root = readBundleXml(text);
  } catch (error) {
    if (error instanceof XmlError) return xmlRefused(error);
    throw error;
  }
  const entries = root.children.filter(({ name }) => name === 'entry');
  return bundleOf(
    root.name,
    valueIn(root, 'type'),
    entries.map((entry) => {
      const request = childOf(entry, 'request');
      const search = childOf(entry, 'search');
      const resource = childOf(entry, 'resource')?.children[0];
      return {
        whole: Buffer.from(text.slice(entry.from, entry.to)),
        resource: resource && Buffer.from(text.slice(resource.from, resource.to)),
        mode: search ? valueIn(search, 'mode') : '',
        method: request ? valueIn(request, 'method') : '',
        url: request ? valueIn(request, 'url') : '',
      };
    }),
  );
}

interface RawEntry {
  readonly whole: Buffer;
  readonly resource: Buffer | undefined;
  readonly mode: string;
  readonly method: string;
  readonly url: string;
}

function bundleOf(
  resource_type: string,
  type: string,
  entries: readonly RawEntry[],
): Bundle | MappedMessage {
  if (resource_type !== 'Bundle')
    return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The resource is no Bundle.', 'resourceType');
  if (!isBundleType(type)) {
    const message = `A Bundle has to be of type ${bundle_types.join(', ')}.`;
    return refused('unknown', 'MESSAGE_NOT_AUDIT', message, 'Bundle.type');
  }
  if (entries.length > entries_max) return tooMany();
  return { type, entries: entries.map((entry, index) => entryOf(entry, type, index)) };
}

function entryOf(entry: RawEntry, type: BundleType, index: number): BundleEntry {
  const { whole, resource, mode, method, url } = entry;
  const at = `Bundle.entry[${index}]`;
  const refuse = (message: string, expression: string): BundleEntry => ({
    bytes: whole,
    refusal: { code: 'MESSAGE_NOT_AUDIT', message, expression },
  });
  if (mode === 'outcome')
    return refuse(
      'The entry tells what became of a search, and is no AuditEvent.',
      `${at}.resource`,
    );
  if (type === 'batch' || type === 'transaction') {
    if (method === '') return refuse(`An entry of a ${type} has a request.`, `${at}.request`);
    if (method !== 'POST')
      return refuse(
        'Audit events are created, with POST, and nothing else.',
        `${at}.request.method`,
      );
    if (!/^(?:\/?|https?:\/\/[^?]*\/)AuditEvent\/?$/.test(url))
      return refuse('Nothing but AuditEvent is taken.', `${at}.request.url`);
  }
  return resource ? { bytes: resource } : refuse('The entry has no resource.', `${at}.resource`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tooMany(): MappedMessage {
  const message = `A Bundle may have ${entries_max} entries. Send more Bundles, of fewer entries each.`;
  return refused('unknown', 'MESSAGE_TOO_LARGE', message, 'Bundle.entry');
}

function isBundleType(type: string): type is BundleType {
  return (bundle_types as readonly string[]).includes(type);
}

function childOf(element: XmlElement, wanted: string): XmlElement | undefined {
  return element.children.find(({ name }) => name === wanted);
}

function valueIn(element: XmlElement, name: string): string {
  return childOf(element, name)?.attributes['value']?.trim() ?? '';
}
