/** Short ways through the tree of a resource, whatever is in it: what is not of the expected type counts as absent. */
import type { Coding } from './codes.ts';
import type { Identifier } from '../nhs-identifiers.ts';
import { identifierOfReference, readIdentifier } from './identifiers.ts';
import type { Tree } from './xml.ts';

/** Who or what an element points to. */
export interface Reference {
  readonly path: string;
  /** As it stands, e.g. `Practitioner/4`; empty where there is none, or it leads into the resource itself. */
  readonly reference: string;
  /** The type of resource, by `type` or by the form of the reference. */
  readonly kind: string;
  /** Its identifier, and those of the contained resource that it leads to. */
  readonly identifiers: readonly Identifier[];
  readonly display: string;
}

export function objectAt(tree: unknown, name: string): Tree | undefined {
  const value = isTree(tree) ? tree[name] : undefined;
  return isTree(value) ? value : undefined;
}

/** The text at a name, trimmed; empty where there is none. */
export function textAt(tree: unknown, name: string): string {
  const value = isTree(tree) ? tree[name] : undefined;
  return typeof value === 'string' ? value.trim() : '';
}

/** The objects at a name. XML that was read without a schema has a list of one as the object itself. */
export function objectsAt(tree: unknown, name: string): Tree[] {
  const value = isTree(tree) ? tree[name] : undefined;
  return (Array.isArray(value) ? value : [value]).filter(isTree);
}

export function booleanAt(tree: unknown, name: string): boolean | undefined {
  const value = isTree(tree) ? tree[name] : undefined;
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** The codings of Codings and CodeableConcepts alike; text without a code is a coding that has a display only. */
export function codingsOf(concepts: readonly Tree[]): Coding[] {
  return concepts.flatMap((concept) => {
    const coded = objectsAt(concept, 'coding').map(codingOf);
    if (textAt(concept, 'code') !== '') coded.push(codingOf(concept));
    const text = textAt(concept, 'text');
    if (coded.length === 0 && text !== '') coded.push({ system: '', code: '', display: text });
    return coded;
  });
}

function codingOf(tree: Tree): Coding {
  return {
    system: textAt(tree, 'system'),
    code: textAt(tree, 'code'),
    display: textAt(tree, 'display'),
  };
}

/** The resources that are contained in another, by their ids. */
export type Contained = ReadonlyMap<string, Tree>;

export function containedIn(tree: Tree): Contained {
  return new Map(objectsAt(tree, 'contained').map((each) => [textAt(each, 'id'), each]));
}

/** A Reference, followed into the resources that are contained. */
export function referenceOf(
  tree: Tree | undefined,
  path: string,
  contained: Contained,
): Reference | undefined {
  if (!tree) return undefined;
  const reference = textAt(tree, 'reference');
  const inside = reference.startsWith('#') ? contained.get(reference.slice(1)) : undefined;
  const identifiers = [...objectsAt(tree, 'identifier'), ...objectsAt(inside, 'identifier')];
  const conditional = identifierOfReference(reference);
  return {
    path,
    reference: reference.startsWith('#') ? '' : reference,
    kind:
      textAt(tree, 'type').split('/').at(-1) || textAt(inside, 'resourceType') || kindOf(reference),
    identifiers: [
      ...identifiers.flatMap((each) => {
        const value = textAt(each, 'value');
        return value === '' ? [] : [readIdentifier(textAt(each, 'system'), value)];
      }),
      ...(conditional ? [conditional] : []),
    ],
    display: textAt(tree, 'display'),
  };
}

/** References are addresses; what is longer is read as far as this. */
const reference_length_max = 2_000;

/**
 * A reference by its parts: `https://example.org/FHIR`, `Patient`, `4`; the base and the id may be empty. A type is known by
 * its capitals, which tells `FHIR/Patient` from `Patient/Bob`.
 */
export function partsOf(reference: string): { base: string; kind: string; id: string } {
  const [plain = ''] = reference.slice(0, reference_length_max).split('?');
  const match =
    /^(?:(.*)\/)?((?:[A-Z][a-z]+){1,8})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?$/.exec(
      plain,
    ) ?? /^(?:(.*)\/)?((?:[A-Z][a-z]+){1,8})(?:\/_search)?$/.exec(plain);
  return { base: match?.[1] ?? '', kind: match?.[2] ?? '', id: match?.[3] ?? '' };
}

function kindOf(reference: string): string {
  return partsOf(reference).kind;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
