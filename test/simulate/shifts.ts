// Owns working time: who works on a day, from when to when, and when within it they look.

import { londonInstant, weekday } from './london-time.ts';
import { type Random, weightedPicker } from './random.ts';
import type { Post } from './staff.ts';

export interface Shift {
  /** UTC milliseconds. */
  starts_at: number;
  ends_at: number;
}

/** Start in minutes past local midnight, and length in minutes. None starts while clocks change. */
type Pattern = readonly [number, number];

const OFFICE: readonly Pattern[] = [
  [480, 540],
  [510, 510],
  [540, 480],
];
const pickShift = weightedPicker<Pattern>(
  [
    [450, 480],
    [450, 750],
    [780, 480],
    [1200, 720],
  ],
  [34, 24, 24, 18],
);

/** The shift that someone works on a local day, or undefined on a day off. */
export function drawShift(random: Random, post: Post, day: number): Shift | undefined {
  if (!isAtHand(post, day)) return undefined;
  if (post.role.pattern === 'shifts') {
    return random.chance(post.is_bank ? 0.3 : 0.6)
      ? shiftAt(random, day, pickShift(random))
      : undefined;
  }
  const date = weekday(day);
  const probability = date === 0 ? 0 : date === 6 ? 0.04 : 0.88;
  return random.chance(probability) ? shiftAt(random, day, random.pick(OFFICE)) : undefined;
}

/** A day shift, for something that is to happen on this day whoever was due to work. */
export function dayShift(random: Random, day: number): Shift {
  return shiftAt(random, day, random.pick(OFFICE));
}

/** Whether the post is held on a day, as the employer's records say. */
export function isEmployed({ employee }: Post, day: number): boolean {
  if (employee?.starts_on !== undefined && day < employee.starts_on) return false;
  return employee?.ends_on === undefined || day <= employee.ends_on;
}

/** Whether the person really works on a day: records of starts and ends lag, and people are away. */
export function isAtHand({ employee }: Post, day: number): boolean {
  const { starts_on, ends_on, absence, began_early = 0, stayed_late = 0 } = employee ?? {};
  if (starts_on !== undefined && day < starts_on - began_early) return false;
  if (ends_on !== undefined && day > ends_on + stayed_late) return false;
  return absence === undefined || day < absence.from || day > absence.to;
}

/** A night on call at home: seldom, and for a few calls. */
export function drawCall(random: Random, post: Post, day: number): Shift | undefined {
  if (!post.is_on_call || !isAtHand(post, day) || !random.chance(0.12)) return undefined;
  return shiftAt(random, day, [1290, 600]);
}

/** An instant within a shift: busiest early and again after the middle, as clinics are. */
export function instantIn(random: Random, shift: Shift): number {
  const centre = random.chance(0.55) ? 0.28 : 0.68;
  const part = random.chance(0.2) ? random.next() : centre + random.normal() * 0.12;
  const within = Math.min(0.97, Math.max(0.01, part));
  return Math.round(shift.starts_at + within * (shift.ends_at - shift.starts_at));
}

/** The instant at a part, from 0 to 1, of a shift. */
export function instantAt(shift: Shift, part: number): number {
  return Math.round(shift.starts_at + part * (shift.ends_at - shift.starts_at));
}

/** An instant in the first quarter of a shift, which lies on the local day on which it starts. */
export function instantOnDay(random: Random, shift: Shift): number {
  return Math.round(
    shift.starts_at + (0.05 + random.next() * 0.2) * (shift.ends_at - shift.starts_at),
  );
}

function shiftAt(random: Random, day: number, [start, length]: Pattern): Shift {
  const starts_at = londonInstant(day, start + random.pick([0, 0, 0, 15, 30]));
  return { starts_at, ends_at: starts_at + length * 60_000 };
}
