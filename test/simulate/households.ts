// Owns who lives together in an ordinary home: couples, families, three generations, sharers.

import type { Dwelling, Kin } from './people.ts';
import { type Random, weightedPicker } from './random.ts';
import { type Community, type Sex, borneSurname, surnameOf } from './surnames.ts';

export interface Member {
  surname: string;
  sex: Sex;
  /** Full years. */
  age: number;
  kin: Kin;
}

type Shape =
  | 'single'
  | 'couple'
  | 'family'
  | 'lone_parent'
  | 'three_generations'
  | 'sharers'
  | 'shared_house'
  | 'none';

const pickShape = weightedPicker<Shape>(
  [
    'single',
    'couple',
    'family',
    'lone_parent',
    'three_generations',
    'sharers',
    'shared_house',
    'none',
  ],
  [29, 25, 27, 8, 6, 4, 0.25, 0.7],
);

/**
 * The members of one home. A home has at most eight, a shared house nine to twelve: on either side
 * of the number at which detectors take an address for a household.
 */
export function composeHome(
  random: Random,
  community: Community,
): { dwelling: Dwelling; members: Member[] } {
  const shape = pickShape(random);
  const family = surnameOf(random, community);
  switch (shape) {
    case 'single':
      return home([adult(random, family, random.between(22, 90), 'single')]);
    case 'none':
      return {
        dwelling: 'none',
        members: [adult(random, family, random.between(20, 65), 'single')],
      };
    case 'couple':
      return home(couple(random, community, family, random.between(24, 82)));
    case 'family': {
      const age = random.between(27, 52);
      return home([
        ...couple(random, community, family, age),
        ...children(random, family, age, random.between(1, 3)),
      ]);
    }
    case 'lone_parent': {
      const age = random.between(24, 50);
      return home([
        adult(random, family, age, 'partner'),
        ...children(random, family, age, random.between(1, 3)),
      ]);
    }
    case 'three_generations': {
      const age = random.between(28, 46);
      const elders = random.between(1, 2);
      return home([
        ...couple(random, community, family, age),
        ...children(random, family, age, random.between(1, 4)),
        ...Array.from({ length: elders }, () =>
          adult(random, family, age + random.between(21, 32), 'grandparent'),
        ),
      ]);
    }
    case 'sharers':
      return home(strangers(random, community, random.between(2, 5)));
    case 'shared_house':
      return {
        dwelling: 'shared_house',
        members: strangers(random, community, random.between(9, 12)),
      };
  }
}

function home(members: Member[]): { dwelling: Dwelling; members: Member[] } {
  return { dwelling: 'home', members };
}

function couple(random: Random, community: Community, family: string, age: number): Member[] {
  const first = sexOf(random);
  const second: Sex = random.chance(0.05) ? first : first === 'male' ? 'female' : 'male';
  // One couple in four keeps two names.
  const other = random.chance(0.25) ? surnameOf(random, community) : family;
  return [
    { surname: borneSurname(family, first), sex: first, age, kin: 'partner' },
    {
      surname: borneSurname(other, second),
      sex: second,
      age: Math.max(20, age + random.between(-4, 4)),
      kin: 'partner',
    },
  ];
}

function children(random: Random, family: string, parentAge: number, count: number): Member[] {
  return Array.from({ length: count }, () => {
    const sex = sexOf(random);
    const age = Math.max(0, parentAge - random.between(20, 36));
    return { surname: borneSurname(family, sex), sex, age, kin: 'child' };
  });
}

function strangers(random: Random, community: Community, count: number): Member[] {
  return Array.from({ length: count }, () =>
    adult(random, surnameOf(random, community), random.between(20, 42), 'sharer'),
  );
}

function adult(random: Random, family: string, age: number, kin: Kin): Member {
  const sex = sexOf(random);
  return { surname: borneSurname(family, sex), sex, age, kin };
}

function sexOf(random: Random): Sex {
  return random.chance(0.51) ? 'female' : 'male';
}
