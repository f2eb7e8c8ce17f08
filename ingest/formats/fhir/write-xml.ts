/** Writes a FHIR resource as XML: elements in the order of its keys, primitives as attributes. */
import type { Resource } from './write.ts';

const namespace = 'http://hl7.org/fhir';

/** The resource as an XML document. Values that XML cannot carry (control characters) are left out of their string. */
export function writeXml(resource: Resource): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${resourceXml(resource, ` xmlns="${namespace}"`)}`;
}

function resourceXml({ resourceType, ...elements }: Resource, attributes = ''): string {
  return `<${resourceType}${attributes}>${elementsXml(elements)}</${resourceType}>`;
}

function elementsXml(elements: object): string {
  return Object.entries(elements)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((each) => [name, each]),
    )
    .map(([name, value]) => elementXml(name as string, value))
    .join('');
}

function elementXml(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return `<${name} value="${escaped(String(value))}"/>`;
  if ('resourceType' in value) return `<${name}>${resourceXml(value as Resource)}</${name}>`;
  // Of all elements, an extension alone has its url as an attribute.
  if (name === 'extension' && 'url' in value) {
    const { url, ...rest } = value;
    return `<${name} url="${escaped(String(url))}">${elementsXml(rest)}</${name}>`;
  }
  return `<${name}>${elementsXml(value)}</${name}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escaped(text: string): string {
  return (
    text
      // XML 1.0 has no form for these, not even escaped.
      // eslint-disable-next-line no-control-regex -- they are what is left out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replace(/[&<>"\t\n\r]/g, (character) => entities[character] ?? character)
  );
}
