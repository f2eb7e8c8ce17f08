// Owns look-alikes of trawls, overrides and strange accounts: work that looks odd and is in order.

import { type Casting, type Draft, inTurn } from '../casting.ts';
import type { Post } from '../staff.ts';

/** A clinic list that is read from A to Z before the clinic. */
export function alphabeticalClinics(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const types = ['acute', 'gp', 'community'];
  return casting
    .staff(wanted, (post) => types.includes(post.organisation.type) && post.role.duty === 'care')
    .flatMap((post) => {
      const [day] = casting.days(post, 1);
      if (day === undefined) return [];
      const list = casting
        .strangers(post, random.between(10, 24))
        .sort((a, b) => (a.surname + a.patient_id < b.surname + b.patient_id ? -1 : 1));
      const clinic = {
        post,
        day,
        part: 0.04,
        care: 'appointment' as const,
        is_care_certain: false,
        manner: { searches: 0 },
      };
      return inTurn(clinic, list, () => random.between(50, 150));
    });
}

/** Dialysis, dressings or a course of treatment: the same patient week after week. */
export function longTermCare(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const types = ['acute', 'community', 'mental_health', 'hospice'];
  const window = Math.min(28, world.last_day - world.first_day);
  return casting
    .staff(wanted, (post) => types.includes(post.organisation.type) && post.role.duty === 'care')
    .flatMap((post) => {
      const [patient] = casting.strangers(post, 1);
      const from = random.between(world.first_day, world.last_day - window);
      const days = casting.days(post, random.between(5, 12), from, from + window);
      if (patient === undefined) return [];
      return days.map((day, nth) => ({
        post,
        patient,
        day,
        ...(nth === 0 && { care: 'caseload' as const }),
      }));
    });
}

/** A seal or an objection set aside with a reason that holds, for somebody in care. */
export function safeguardingOverrides(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const reasons = [
    'Safeguarding: child at risk, agreed with named nurse',
    'Emergency: unconscious on arrival',
    'Patient asked me to look, consent recorded',
  ];
  return casting
    .staff(wanted, (post) => post.role.duty === 'care' && post.organisation.type !== 'pharmacy')
    .flatMap((post) =>
      casting.strangers(post, 1).flatMap((patient) =>
        casting.days(post, 1).map((day) => ({
          post,
          patient,
          day,
          care: 'any' as const,
          manner: {
            override: random.pick(['dissent', 'sealed'] as const),
            reason: random.pick(reasons),
          },
        })),
      ),
    );
}

/** A request for somebody's whole record: days of reading one record, on a task. */
export function subjectAccess(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const isAble = (post: Post): boolean => post.role.role_name === 'Subject access officer';
  return casting.staff(wanted, isAble).flatMap((post) => {
    const [patient] = casting.strangers(post, 1);
    const from = random.between(world.first_day, Math.max(world.first_day, world.last_day - 12));
    if (patient === undefined) return [];
    return casting.days(post, random.between(3, 5), from, from + 9).map((day, nth) => ({
      post,
      patient,
      day,
      ...(nth === 0 && { care: 'delegation' as const }),
    }));
  });
}

/** An audit by people who treat nobody: a list of records, each under a task. */
export function audits(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  return casting
    .staff(Math.min(2, wanted), (post) => post.role.duty === 'none')
    .flatMap((post) => {
      const from = random.between(world.first_day, Math.max(world.first_day, world.last_day - 6));
      const days = casting.days(post, 3, from, from + 6);
      if (days.length === 0) return [];
      return casting.strangers(post, random.between(22, 40)).map((patient) => ({
        post,
        patient,
        day: random.pick(days),
        part: 0.03 + random.next() * 0.22,
        care: 'delegation' as const,
      }));
    });
}

/** A session on a virtual desktop beside one on the ward's own machine: two addresses, one person. */
export function secondSessions(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const isAble = (post: Post): boolean =>
    post.organisation.feed.network === 'virtual_desktops' && post.role.duty === 'care';
  return casting.staff(wanted, isAble).flatMap((post) => {
    const patients = casting.strangers(post, random.between(4, 8));
    const [day] = casting.days(post, 1);
    if (day === undefined) return [];
    const minute = random.between(580, 840);
    return patients.map((patient, nth) => ({
      post,
      patient,
      day,
      minute,
      after_s: nth * 260,
      care: 'any' as const,
      session: nth % 2 === 0 ? 'ward' : 'desktop',
    }));
  });
}

/** A clinic fetched in advance by a system that does not say that it, and not a user, is looking. */
export function unmarkedPrefetches(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const isAble = (post: Post): boolean =>
    !post.organisation.feed.has_trigger && post.role.duty === 'care';
  return casting.staff(wanted, isAble).flatMap((post) => {
    const [day] = casting.days(post, 1);
    if (day === undefined) return [];
    const fetch = {
      post,
      day,
      part: 0.02,
      care: 'appointment' as const,
      manner: { is_glance: true },
    };
    return inTurn(fetch, casting.strangers(post, random.between(14, 28)), () =>
      random.between(1, 3),
    );
  });
}

/** A name that is tried several ways at a desk before the right patient is found, who has an appointment. */
export function receptionSearches(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  return casting
    .staff(wanted, (post) => post.role.reading === 'desk' && post.role.duty === 'care')
    .flatMap((post) =>
      casting.strangers(post, random.between(2, 4)).flatMap((patient) =>
        casting.days(post, 1).map((day) => ({
          post,
          patient,
          day,
          care: 'appointment' as const,
          manner: {
            searches: random.between(3, 5),
            sections: ['demographics', 'appointments'] as const,
          },
        })),
      ),
    );
}
