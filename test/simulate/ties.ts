// Owns the meaning of one's own record, household, kin and former household, by which looks are labelled.

import type { Person } from './people.ts';
import type { Post } from './staff.ts';

/** An address with more occupants than this is a hall or a home, not a household. */
export const HOUSEHOLD_OCCUPANTS_MAX = 8;

/**
 * Whether a look by this member of staff at this patient is of their own record, household, kin or
 * former household. Wider than what the data can prove, so that ordinary care never comes near it by
 * chance.
 */
export function isTied(post: Post, patient: Person): boolean {
  const self = post.employee?.person;
  if (self === undefined) return false;
  if (self === patient || isKin(self, patient) || hasLivedWith(self, patient)) return true;
  if (self.address !== patient.address) return false;
  return isHousehold(self) || (self.surname === patient.surname && self.born === patient.born);
}

/** Whether one of them is recorded as the other's contact. */
export function isKin(one: Person, other: Person): boolean {
  return one.contact?.person === other || other.contact?.person === one;
}

/** Whether one of them moved out of a home that was the other's too, then or now. */
export function hasLivedWith(one: Person, other: Person): boolean {
  if (one.former_address === undefined && other.former_address === undefined) return false;
  return (
    one.former_address === other.address ||
    other.former_address === one.address ||
    (one.former_address !== undefined && one.former_address === other.former_address)
  );
}

/** Whether the person's address is one that counts as a household. */
export function isHousehold(person: Person): boolean {
  const { address } = person;
  return address.address_key !== undefined && address.residents.length <= HOUSEHOLD_OCCUPANTS_MAX;
}

/** Whether the feeds prove that a record is the member of staff's own. */
export function canProveOwnRecord({ employee }: Post): boolean {
  if (employee?.person === undefined) return false;
  return employee.nhs_number !== undefined || employee.home?.address_key !== undefined;
}

/** Whether the feeds prove who shares the member of staff's address. */
export function canProveHousehold({ employee }: Post): boolean {
  return (
    employee?.person !== undefined &&
    employee.home?.address_key !== undefined &&
    isHousehold(employee.person)
  );
}
