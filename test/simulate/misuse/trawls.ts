// Owns trawls through many records: lists worked down, records flicked through, names tried, addresses gathered.

import { type Casting, type Draft, inTurn, isStranger } from '../casting.ts';
import type { Person } from '../people.ts';
import type { Post } from '../staff.ts';

/** A list worked down, by the alphabet, by the number of the patient, or house by house. */
export function planEnumerations(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  return casting
    .staff(wanted, (post) => !['gp', 'pharmacy'].includes(post.organisation.type))
    .flatMap((post) => {
      const pool = world.population.by_area[post.organisation.area] ?? [];
      const orders: ((a: Person, b: Person) => number)[] = [
        (a, b) => (a.surname + a.patient_id < b.surname + b.patient_id ? -1 : 1),
        (a, b) => (a.patient_id < b.patient_id ? -1 : 1),
        (a, b) => (streetOf(a) < streetOf(b) ? -1 : 1),
      ];
      const sorted = pool
        .filter((patient) => patient.address.is_placed && isStranger(post, patient, world.last_day))
        .sort(random.pick(orders));
      const count = random.between(10, 24);
      const at = random.int(Math.max(1, sorted.length - count));
      const [day] = casting.days(post, 1);
      if (day === undefined) return [];
      const manner = { searches: 0 };
      const list = { post, day, part: 0.05 + random.next() * 0.2, manner };
      return inTurn(list, sorted.slice(at, at + count), () => random.between(50, 140));
    });
}

function streetOf({ address, patient_id }: Person): string {
  return `${address.postcode} ${address.address_key ?? ''} ${patient_id}`;
}

/** Records flicked through by the dozen, a few seconds each. */
export function planRapidBrowsing(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const isAble = (post: Post): boolean => post.rate > 0.3 && post.role.reading !== 'medicines';
  return casting.staff(wanted, isAble).flatMap((post) => {
    const [day] = casting.days(post, 1);
    if (day === undefined) return [];
    const burst = { post, day, part: 0.05 + random.next() * 0.2, manner: { is_glance: true } };
    // Either more than ten within a minute, or seven a minute for ten minutes and longer.
    return random.chance(0.5)
      ? inTurn(burst, casting.strangers(post, random.between(14, 30)), () => random.between(2, 4))
      : inTurn(burst, casting.strangers(post, random.between(75, 110)), () => random.between(6, 8));
  });
}

/** A name tried again and again, and those who bear it looked at. */
export function planNameSearches(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const byName = Map.groupBy(world.population.people, (person) => person.surname);
  return casting
    .staff(wanted, (post) => post.role.reading !== 'desk')
    .flatMap((post) => {
      const [sought] = casting.strangers(
        post,
        1,
        ({ surname }) => (byName.get(surname)?.length ?? 0) > 2,
      );
      const [day] = casting.days(post, 1);
      if (sought === undefined || day === undefined) return [];
      const bearers = (byName.get(sought.surname) ?? []).filter(
        (other) => other !== sought && isStranger(post, other, world.last_day),
      );
      const patients = [...random.shuffle(bearers).slice(0, random.int(3)), sought];
      const list = {
        post,
        day,
        part: 0.05 + random.next() * 0.2,
        manner: { searches: random.between(3, 5) },
      };
      return inTurn(list, patients, () => random.between(200, 420));
    });
}

/** Addresses and telephone numbers gathered, and nothing else read. */
export function planDemographics(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const isAble = (post: Post): boolean =>
    post.organisation.feed.has_section && post.role.reading !== 'desk';
  return casting.staff(wanted, isAble).flatMap((post) => {
    const days = casting.days(post, random.between(2, 5));
    if (days.length === 0) return [];
    const patients = casting.strangers(post, random.between(18, 40));
    return patients.map((patient) => ({
      post,
      patient,
      day: random.pick(days),
      part: 0.03 + random.next() * 0.22,
      manner: { sections: ['demographics'] as const, searches: 0 },
    }));
  });
}
