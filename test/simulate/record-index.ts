// Owns what is known of every record at once: who supplies its data, and who else bears the surname.

import { AREAS } from './geography.ts';
import type { Person } from './people.ts';
import type { World } from './world.ts';

export interface RecordIndex {
  /** ODS codes of those whose data is shown, the practice first, without whom the person objects to. */
  suppliersOf(person: Person): string[];
  /** Everyone with the person's surname, the person included. */
  namesakesOf(person: Person): readonly Person[];
}

export function indexRecords({ population, organisations }: World): RecordIndex {
  const bySurname = Map.groupBy(population.people, (person) => person.surname);
  const trusts = AREAS.map((area) => {
    const local = organisations.filter((item) => item.area === area.index);
    const first = (type: string): string[] =>
      local
        .filter((item) => item.type === type)
        .slice(0, 1)
        .map((item) => item.code);
    return [...first('acute'), ...first('mental_health')];
  });
  return {
    suppliersOf: ({ practice, area, objects_to }) => {
      const codes = [...(practice === undefined ? [] : [practice.code]), ...(trusts[area] ?? [])];
      return codes.filter((code) => code !== objects_to?.code);
    },
    namesakesOf: ({ surname }) => bySurname.get(surname) ?? [],
  };
}
