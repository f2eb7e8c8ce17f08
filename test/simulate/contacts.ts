// Owns who is recorded as whose contact, and which ties staff declare of their own accord.

import type { Person } from './people.ts';
import type { Random } from './random.ts';
import type { Post } from './staff.ts';

export interface Contact {
  patient_id: string;
  contact_patient_id: string;
  relation: string;
}

const DAYS_PER_YEAR = 365.25;

/**
 * Gives about half of those who live with family one of them as their contact, and many of the older
 * people a grown child, or a brother or sister, who lives elsewhere.
 */
export function recordContacts(random: Random, byArea: readonly (readonly Person[])[]): void {
  for (const people of byArea) {
    for (const person of people) {
      const relative = random.chance(0.5) ? relativeAtHome(random, person) : undefined;
      if (relative !== undefined)
        person.contact = { person: relative, relation: relationOf(person, relative) };
      else if (random.chance(0.25)) recordRelativeElsewhere(random, person, people);
    }
  }
}

function relativeAtHome(random: Random, person: Person): Person | undefined {
  if (person.kin === 'single' || person.kin === 'sharer') return undefined;
  const relatives = person.address.residents.filter(
    (other) => other !== person && other.kin !== 'child',
  );
  return relatives.length === 0 ? undefined : random.pick(relatives);
}

/** Of a few people drawn from the area, the first whose age fits and who lives at another address. */
function recordRelativeElsewhere(random: Random, person: Person, people: readonly Person[]): void {
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const other = random.pick(people);
    const years = (other.born - person.born) / DAYS_PER_YEAR;
    const isChild = years > 19 && years < 42;
    const isSibling = Math.abs(years) < 12 && Math.abs(years) > 1 && other.kin !== 'child';
    const hasHome = other.address.dwelling === 'home' && other.address !== person.address;
    if (!hasHome || other.died !== undefined || !(isChild || isSibling)) continue;
    person.contact = { person: other, relation: isChild ? 'child' : 'sibling' };
    return;
  }
}

export function* contactsOf(
  people: readonly Person[],
): Generator<Contact & Record<string, unknown>> {
  for (const { patient_id, contact } of people) {
    if (contact === undefined) continue;
    yield {
      patient_id,
      contact_patient_id: contact.person.patient_id,
      relation: contact.relation,
    };
  }
}

/** A relative that someone at work tells of, if they have any at their address. */
export function tieOf(
  random: Random,
  { employee, kind }: Post,
): { patient_id: string; relation: string } | undefined {
  const self = employee?.person;
  if (self === undefined || kind !== 'person' || self.kin === 'single' || self.kin === 'sharer')
    return undefined;
  const relatives = self.address.residents.filter((other) => other !== self);
  if (relatives.length === 0) return undefined;
  const relative = random.pick(relatives);
  return { patient_id: relative.patient_id, relation: relationOf(self, relative) };
}

/** What `other` is to `person`, as seen in one home of a couple, their children and their parents. */
function relationOf(person: Person, other: Person): string {
  if (person.kin === other.kin) return person.kin === 'child' ? 'sibling' : 'spouse';
  if (other.kin === 'child') return person.kin === 'grandparent' ? 'grandchild' : 'child';
  if (person.kin === 'child') return other.kin === 'grandparent' ? 'grandparent' : 'parent';
  return other.kin === 'grandparent' ? 'parent' : 'child';
}
