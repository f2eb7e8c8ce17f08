/** The pieces that audit XML is made of: elements by name, and codes in the spelling of DICOM or of RFC 3881. */
import type { XmlElement } from '../xml.ts';

/** A coded value. In DICOM it is `csd-code` and `originalText`, in RFC 3881 `code` and `displayName`. */
export interface Code {
  readonly code: string;
  readonly system: string;
  readonly display: string;
}

/** The children of that name, whatever their namespace: some senders put one on the root, others none. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** An attribute without the white space around it; empty where it is absent. */
export function attributeOf(element: XmlElement, name: string): string {
  return element.attributes[name]?.trim() ?? '';
}

/** The codes in the children of that name; what has no code is left out. */
export function codesOf(element: XmlElement, name: string): Code[] {
  return childrenOf(element, name)
    .map((child) => ({
      code: attributeOf(child, 'csd-code') || attributeOf(child, 'code'),
      system: attributeOf(child, 'codeSystemName') || attributeOf(child, 'codeSystem'),
      display: attributeOf(child, 'originalText') || attributeOf(child, 'displayName'),
    }))
    .filter(({ code }) => code !== '');
}

/** Whether the code stands in a list of a mapping, as `system|code` or `code`. */
export function isListed({ code, system }: Code, list: readonly string[]): boolean {
  return list.includes(`${system}|${code}`) || list.includes(code);
}

/** What a table of a mapping says of the code: by `system|code`, by `code`, or by its display. */
export function lookUp<T>(
  { code, system, display }: Code,
  table: Record<string, T>,
): T | undefined {
  for (const key of [`${system}|${code}`, code, display]) {
    if (key !== '' && Object.hasOwn(table, key)) return table[key];
  }
  return undefined;
}

/** The text without the escapes of XML that are left when somebody escaped it twice, or three times. */
export function withoutEscapes(text: string): string {
  let plain = text;
  for (let again = 0; again < 3 && plain.includes('&'); again++) {
    plain = plain.replace(/&(amp|lt|gt|quot|apos);/g, (_all, name: string) => escapes[name] ?? '');
  }
  return plain;
}

const escapes: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
