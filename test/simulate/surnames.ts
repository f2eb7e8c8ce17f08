// Owns surnames: communities with their common names, in the uneven proportions that names have.

import { type Random, weightedPicker } from './random.ts';

export interface Community {
  name: string;
  /** Weight in each area, in the order of `AREAS`. */
  weights: readonly number[];
  surnames: readonly string[];
}

export type Sex = 'female' | 'male';

/** Share of names drawn from the long tail of names that only a few families have. */
const RARE_SHARE = 0.22;

const COMMUNITIES: readonly Community[] = [
  community(
    'british',
    [40, 34, 34, 46, 54, 76, 68],
    'Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Harris Clark Turner Hill Cooper Ward Moore Morris King Watson Baker Harrison Morgan Patterson Allen Scott Bennett Parker Cook Shaw',
  ),
  community(
    'irish',
    [6, 3, 6, 4, 4, 4, 3],
    "Murphy Kelly Ryan Walsh O'Brien Byrne Doyle McCarthy Gallagher Doherty Kennedy Lynch Murray Quinn",
  ),
  community(
    'caribbean',
    [6, 7, 6, 10, 6, 2, 3],
    'Campbell Williams Brown Grant Gordon Reid Francis Henry Lewis Thomas Joseph Charles Samuels Morrison Blake Edwards',
  ),
  community(
    'west_african',
    [6, 10, 4, 15, 6, 3, 5],
    'Mensah Okafor Adeyemi Owusu Boateng Okoro Asante Ogunleye Balogun Osei Eze Adebayo Appiah Nwosu Bello Kamara Sesay',
  ),
  community(
    'bangladeshi',
    [4, 12, 2, 1, 1, 1, 1],
    'Begum Ali Khatun Miah Ahmed Hussain Uddin Rahman Islam Khan Chowdhury Hoque Akhtar Bibi',
  ),
  community(
    'pakistani',
    [2, 8, 5, 1, 6, 3, 4],
    'Khan Ahmed Hussain Ali Malik Iqbal Mahmood Akhtar Bibi Shah Butt Mirza Raja Sheikh',
  ),
  community(
    'gujarati',
    [3, 5, 16, 1, 6, 3, 4],
    'Patel Shah Mehta Desai Joshi Parmar Amin Mistry Chauhan Solanki Thakkar Gandhi',
  ),
  community(
    'sikh',
    [1, 4, 8, 1, 1, 1, 1],
    'Singh Kaur Gill Sandhu Dhillon Sidhu Grewal Bains Mann Johal',
  ),
  community(
    'turkish',
    [9, 4, 1, 1, 1, 2, 1],
    'Yilmaz Demir Kaya Ozturk Celik Aydin Arslan Dogan Kilic Mehmet Hassan Osman',
  ),
  community(
    'polish',
    [5, 4, 8, 4, 5, 3, 5],
    'Nowak Kowalski Wisniewski Wojcik Kaminski Lewandowski Zielinski Szymanski Dabrowski Mazur',
  ),
  community(
    'chinese',
    [4, 3, 2, 5, 3, 1, 2],
    'Chen Wong Li Wang Chan Zhang Liu Lee Cheung Lam Ng Tang',
  ),
  community(
    'arab_somali',
    [7, 5, 8, 3, 3, 1, 2],
    'Mohamed Hassan Ali Ahmed Abdi Hussein Ibrahim Omar Warsame Farah Mahmoud Saleh Haddad',
  ),
  community(
    'tamil',
    [2, 5, 5, 3, 7, 1, 1],
    'Kumar Sivakumar Rajan Selvarajah Nadarajah Krishnan Raj Balasingam Thomas Mathew',
  ),
  community(
    'portuguese_latin',
    [3, 3, 3, 6, 3, 1, 1],
    'Silva Santos Ferreira Pereira Costa Rodrigues Garcia Martinez Gomes Fernandes Rodriguez',
  ),
];

const RARE_STARTS =
  'Ash Brad Black Thorn Whit Hol Lang Mar Nor Oak Pem Rad Sher Stan Tem Wal West Wick Hart Car Cran Dun Fair Gar'.split(
    ' ',
  );
const RARE_ENDS = 'ford ley ton worth well field wood ham combe stead bourne bridge'.split(' ');

const pickers = new Map(COMMUNITIES.map((item) => [item, pickerOf(item)]));
const communityPickers = new Map<number, (random: Random) => Community>();

/** The community of a household in an area, by the area's make-up. */
export function communityIn(random: Random, areaIndex: number): Community {
  let pick = communityPickers.get(areaIndex);
  if (pick === undefined) {
    pick = weightedPicker(
      COMMUNITIES,
      COMMUNITIES.map((item) => item.weights[areaIndex] ?? 1),
    );
    communityPickers.set(areaIndex, pick);
  }
  return pick(random);
}

/** A family's surname. */
export function surnameOf(random: Random, from: Community): string {
  if (random.chance(RARE_SHARE)) return random.pick(RARE_STARTS) + random.pick(RARE_ENDS);
  return pickers.get(from)?.(random) ?? random.pick(from.surnames);
}

/**
 * The name that one member of a family bears. Singh and Kaur are not family names but are borne by
 * men and women, so a brother and sister differ in them.
 */
export function borneSurname(family: string, sex: Sex): string {
  if (family === 'Singh' || family === 'Kaur') return sex === 'male' ? 'Singh' : 'Kaur';
  return family;
}

/** Frequencies of surnames fall off about as one over their rank. */
function pickerOf(item: Community): (random: Random) => string {
  return weightedPicker(
    item.surnames,
    item.surnames.map((_, rank) => 1 / (rank + 2)),
  );
}

function community(name: string, weights: readonly number[], surnames: string): Community {
  return { name, weights, surnames: surnames.split(' ') };
}

/** Names that say nothing of a family: borne by men or by women of many, or given with a first name. */
const NO_FAMILY_NAMES: readonly string[] = ['Singh', 'Kaur', 'Begum', 'Bibi', 'Khatun', 'Akhtar'];

export function isFamilyName(surname: string): boolean {
  return !NO_FAMILY_NAMES.includes(surname);
}
