// Owns who is recorded as whose contact, and which ties staff declare of their own accord.

import type { Person } from './people.ts';
import type { Random } from './random.ts';
import type { Post } from './staff.ts';

export interface Contact {
  patient_id: string;
  contact_patient_id: string;
  relation: string;
}

/** About half of those who live with family have one of them recorded as their contact. */
export function* contactsOf(
  random: Random,
  people: readonly Person[],
): Generator<Contact & Record<string, unknown>> {
  for (const person of people) {
    if (person.kin === 'single' || person.kin === 'sharer' || !random.chance(0.5)) continue;
    const relatives = person.address.residents.filter(
      (other) => other !== person && other.kin !== 'child',
    );
    if (relatives.length === 0) continue;
    const contact = random.pick(relatives);
    yield {
      patient_id: person.patient_id,
      contact_patient_id: contact.patient_id,
      relation: relationOf(person, contact),
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
