/** FHIR in XML as the tree that its JSON would be: values are attributes, repeated elements lists, resources carry their type. */
import { ruleOf, type Schema } from './schema.ts';
import { readXml, xml_limits, XmlError, type XmlElement, type XmlLimits } from '../xml.ts';

export const fhir_namespace = 'http://hl7.org/fhir';

/** A JSON object. */
export type Tree = Record<string, unknown>;

/** Of the resources only the frame is held: seven elements an entry, of which there may be a hundred thousand. */
const bundle_limits: XmlLimits = { ...xml_limits, elements_max: 700_000 };

/**
 * The root element of a resource. A prefix that it does not declare was declared by the Bundle that it was cut out of.
 *
 * @throws XmlError
 */
export function readResourceXml(text: string): XmlElement {
  const prefix = /<([A-Za-z_][\w.-]*):[A-Z]/.exec(text.slice(0, 4096))?.[1];
  const options = prefix === undefined ? {} : { namespaces: { [prefix]: fhir_namespace } };
  return inFhir(readXml(text, xml_limits, options));
}

/**
 * The root element of a Bundle, with where its resources stand and without what is in them.
 *
 * @throws XmlError
 */
export function readBundleXml(text: string): XmlElement {
  const isOpaque = (name: string, depth: number) => depth === 2 && name === 'resource';
  return inFhir(readXml(text, bundle_limits, { isOpaque }));
}

/** What can be read without knowing the version: a single element is a value, where it might be a list of one. */
export function looseTree(element: XmlElement): Tree {
  const tree = emptyTree();
  for (const [name, value] of Object.entries(element.attributes)) tree[name] = value;
  for (const child of element.children) addTo(tree, child.name, looseValue(child));
  return tree;
}

/** The tree of a resource by its schema, to be checked: what the schema does not have stands under its own name. */
export function resourceTree(element: XmlElement, schema: Schema): Tree {
  return { resourceType: element.name, ...objectOf(element, schema, 'AuditEvent') };
}

function objectOf(element: XmlElement, schema: Schema, type: string): Tree {
  const tree = emptyTree();
  // Text between elements, a foreign namespace or attribute: under a name that no element has, so that it is refused.
  if (element.text.trim() !== '') tree['#text'] = element.text;
  for (const [name, value] of Object.entries(element.attributes))
    tree[name === 'id' ? 'id' : `@${name}`] = value;
  for (const child of element.children) {
    if (!isFhir(child)) {
      tree[`{}${child.name}`] = '';
      continue;
    }
    const rule = ruleOf(schema, type, child.name);
    const value = rule ? valueOf(child, schema, rule.type) : looseValue(child);
    if (value === undefined) tree[`_${child.name}`] = {};
    else if (!rule?.is_list) addTo(tree, child.name, value);
    else {
      const list = tree[child.name];
      if (Array.isArray(list)) list.push(value);
      else tree[child.name] = [value];
    }
  }
  return tree;
}

/** Undefined where a primitive has extensions only. */
function valueOf(element: XmlElement, schema: Schema, type: string): unknown {
  if (schema[type]) return objectOf(element, schema, type);
  if (type === 'Any' || type === 'Modifier') return looseTree(element);
  if (type === 'Narrative') return { status: '' };
  if (type === 'Resource') return containedResource(element);
  const { value } = element.attributes;
  if (value === undefined) return element.children.length > 0 ? undefined : '';
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if (type === 'integer' && /^-?\d{1,10}$/.test(value)) return Number(value);
  return value;
}

function looseValue(element: XmlElement): unknown {
  const { value } = element.attributes;
  if (value !== undefined && element.children.length === 0) return value;
  if (element.name === 'contained') return containedResource(element);
  return looseTree(element);
}

function containedResource(element: XmlElement): Tree {
  const [resource] = element.children;
  return resource && element.children.length === 1
    ? { resourceType: resource.name, ...looseTree(resource) }
    : {};
}

function addTo(tree: Tree, name: string, value: unknown): void {
  const before = tree[name];
  if (before === undefined) tree[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else tree[name] = [before, value];
}

function inFhir(root: XmlElement): XmlElement {
  if (!isFhir(root)) throw new XmlError('invalid');
  return root;
}

/** A resource that was cut out of a Bundle has no namespace of its own. */
function isFhir({ namespace }: XmlElement): boolean {
  return namespace === fhir_namespace || namespace === '';
}

/** An element may be called `constructor`, or `__proto__`. */
function emptyTree(): Tree {
  return Object.create(null) as Tree;
}
