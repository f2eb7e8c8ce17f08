// Holds the meaning of own record and household to their limits, on small addresses made by hand.

import { describe, expect, it } from 'vitest';
import type { Address, Dwelling, Person } from '../../simulate/people.ts';
import type { Employee } from '../../simulate/employees.ts';
import type { Post } from '../../simulate/staff.ts';
import { canProveHousehold, canProveOwnRecord, isTied } from '../../simulate/ties.ts';

describe('a tie to the patient', () => {
  it('is there for oneself wherever one lives', () => {
    for (const address of [addressOf(1), addressOf(40), addressOf(1, 'none')]) {
      expect(isTied(postOf(residentOf(address, 0)), residentOf(address, 0))).toBe(true);
    }
  });

  it('is there for others at an address of eight, and not of nine', () => {
    const [household, hall] = [addressOf(8), addressOf(9)];
    expect(isTied(postOf(residentOf(household, 0)), residentOf(household, 7))).toBe(true);
    expect(isTied(postOf(residentOf(hall, 0)), residentOf(hall, 7))).toBe(false);
  });

  it('is there in a hall for someone of the same surname and date of birth', () => {
    const hall = addressOf(9);
    Object.assign(residentOf(hall, 1), {
      surname: residentOf(hall, 0).surname,
      born: residentOf(hall, 0).born,
    });
    expect(isTied(postOf(residentOf(hall, 0)), residentOf(hall, 1))).toBe(true);
  });

  it('is not there between addresses, nor for ids that are nobody’s', () => {
    const [one, other] = [addressOf(2), addressOf(2)];
    expect(isTied(postOf(residentOf(one, 0)), residentOf(other, 0))).toBe(false);
    expect(isTied({ kind: 'shared' } as Post, residentOf(other, 0))).toBe(false);
  });
});

describe('proof from the feeds', () => {
  const self = residentOf(addressOf(3), 0);
  const home = { born: self.born, address_key: 'a', postcode: 'N1 0CC' };

  it('of an own record needs the number, or else the address', () => {
    expect(canProveOwnRecord(postOf(self))).toBe(false);
    expect(canProveOwnRecord(postOf(self, { nhs_number: self.patient_id }))).toBe(true);
    expect(canProveOwnRecord(postOf(self, { home }))).toBe(true);
    expect(canProveOwnRecord(postOf(self, { home: { born: self.born, postcode: 'N1 0CC' } }))).toBe(
      false,
    );
  });

  it('of a household needs the address, and that it is a household', () => {
    expect(canProveHousehold(postOf(self, { nhs_number: self.patient_id }))).toBe(false);
    expect(canProveHousehold(postOf(self, { home }))).toBe(true);
    expect(canProveHousehold(postOf(residentOf(addressOf(9), 0), { home }))).toBe(false);
  });
});

function addressOf(size: number, dwelling: Dwelling = 'home'): Address {
  const address: Address = {
    dwelling,
    area: 0,
    postcode: 'N1 0CC',
    latitude: 51.5,
    longitude: -0.1,
    residents: [],
    is_placed: true,
  };
  if (dwelling !== 'none') address.address_key = 'a';
  for (let nth = 0; nth < size; nth += 1) {
    address.residents.push({
      patient_id: `999000000${nth}`,
      surname: `Surname${nth}`,
      sex: 'female',
      born: 5000 + nth,
      area: 0,
      address,
      kin: 'single',
      registration: 'missing',
      is_area_known: true,
      flags: [],
      is_staff: false,
    });
  }
  return address;
}

function residentOf(address: Address, nth: number): Person {
  return address.residents[nth] as Person;
}

/** Only what a tie depends on. */
function postOf(person: Person, known: Partial<Employee> = {}): Post {
  return {
    kind: 'person',
    employee: { surname: person.surname, initial: 'A', person, ...known },
  } as Post;
}
