// Owns misuse of the ways past the gate: relationships that were claimed, and overrides.

import type { Casting, Draft } from '../casting.ts';
import type { Person } from '../people.ts';
import { isServed } from '../plan.ts';
import { isTied } from '../ties.ts';

/** A relationship that the user claims, and of which nothing is ever recorded. */
export function planClaims(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  return casting
    .staff(wanted, (post) => post.organisation.type !== 'gp' && post.role.duty === 'care')
    .flatMap((post) =>
      casting
        .strangers(post, random.pick([1, 1, 2, 4]))
        .flatMap((patient) =>
          casting
            .days(post, 1)
            .map((day) => ({ post, patient, day, manner: { override: 'self_claimed' } as const })),
        ),
    );
}

/** A refusal to be shown, or a seal, that is set aside without a reason and without care. */
export function planOverrides(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const objectors = world.population.people.filter(
    (person) =>
      person.objects_to !== undefined &&
      person.died === undefined &&
      person.flags.length === 0 &&
      person.is_area_known &&
      !person.is_staff,
  );
  return casting
    .staff(wanted, (post) => post.role.duty === 'care')
    .flatMap((post) => {
      const near = objectors.filter(
        (person) => isServed(post.organisation, person.area) && !isTied(post, person),
      );
      const patients: Person[] = near.length > 0 ? [random.pick(near)] : casting.strangers(post, 1);
      const override = near.length > 0 && random.chance(0.7) ? 'dissent' : 'sealed';
      const manner = random.chance(0.75)
        ? ({ override } as const)
        : ({ override, reason: random.pick(['.', 'x', 'asdf', 'n/a']) } as const);
      return patients.flatMap((patient) =>
        casting.days(post, random.pick([1, 1, 2])).map((day) => ({ post, patient, day, manner })),
      );
    });
}

/** Someone who breaks the glass again and again, where colleagues hardly ever do. */
export function planBreakGlass(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const types = ['acute', 'mental_health', 'ambulance'];
  const isAble = (post: Casting['posts'][number]): boolean =>
    types.includes(post.organisation.type) &&
    post.role.duty === 'care' &&
    post.team?.startsWith('Emergency') !== true;
  return casting.staff(wanted, isAble).flatMap((post) =>
    casting.strangers(post, random.between(8, 16)).flatMap((patient) =>
      casting.days(post, 1).map((day) => ({
        post,
        patient,
        day,
        part: 0.05 + random.next() * 0.2,
        manner: random.chance(0.6)
          ? ({ override: 'break_glass' } as const)
          : ({ override: 'break_glass', reason: 'Urgent' } as const),
      })),
    ),
  );
}
