/** Configuration from the environment: parsed once at start, from a list that says what each value must be. */
import { CodedError } from './errors.ts';

/** How one variable is read: `parse` returns the value, or undefined for text that is not one. */
export interface Variable<T> {
  readonly parse: (text: string) => T | undefined;
  readonly expected: string;
  readonly fallback: T;
  /** Whether a wrong value may hold a password, and so is not repeated. */
  readonly is_secret?: boolean;
}

type Values<V extends Record<string, Variable<unknown>>> = {
  [K in keyof V]: V[K] extends Variable<infer T> ? T : never;
};

/**
 * The values of `variables` in `environment`.
 *
 * @throws CodedError CONFIG_INVALID that names every variable at fault and what it should hold
 */
export function parseEnvironment<V extends Record<string, Variable<unknown>>>(
  variables: V,
  environment: Record<string, string | undefined>,
): Values<V> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, variable] of Object.entries(variables)) {
    const text = environment[name];
    if (text === undefined || text === '') {
      values[name] = variable.fallback;
      continue;
    }
    const value = variable.parse(text);
    if (value === undefined) {
      const given = variable.is_secret ? 'not understood' : JSON.stringify(text);
      faults.push(`${name} is ${given}; it should be ${variable.expected}.`);
    } else values[name] = value;
  }
  if (faults.length > 0) {
    throw new CodedError('CONFIG_INVALID', `The environment is wrong. ${faults.join(' ')}`);
  }
  return values as Values<V>;
}

/** A TCP port. */
export function port(fallback: number): Variable<number> {
  return {
    fallback,
    expected: 'a port from 0 to 65535 (0: any free one)',
    parse: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  };
}

/** A TCP or UDP port that is not opened unless given. */
export const optional_port: Variable<number | undefined> = { ...port(0), fallback: undefined };

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[], fallback: T): Variable<T> {
  return {
    fallback,
    expected: `one of ${words.join(', ')}`,
    parse: (text) => words.find((word) => word === text),
  };
}

/** Some of a few words, separated by commas. */
export function someOf<const T extends string>(words: readonly T[]): Variable<readonly T[]> {
  return {
    fallback: words,
    expected: `some of ${words.join(', ')}, separated by commas`,
    parse(text) {
      const given = text.split(',').map((word) => word.trim());
      const known = words.filter((word) => given.includes(word));
      return known.length === given.length && known.length > 0 ? known : undefined;
    },
  };
}

/** Any text that is not empty. */
export function text(fallback: string): Variable<string> {
  return { fallback, expected: 'text', parse: (given) => given };
}

/** Any text, or none. */
export const optional_text: Variable<string | undefined> = { ...text(''), fallback: undefined };

/** Texts separated by commas; none unless given. */
export const list: Variable<readonly string[]> = {
  fallback: [],
  expected: 'texts separated by commas',
  parse: (given) => given.split(',').map((item) => item.trim()),
};

/** An http address, which may hold a user and a password. */
export const optional_url: Variable<string | undefined> = {
  fallback: undefined,
  expected: 'a URL such as http://user:password@127.0.0.1:8123',
  is_secret: true,
  parse: (given) => (/^https?:$/.test(URL.parse(given)?.protocol ?? '') ? given : undefined),
};

/** A switch: 1 or 0. */
export const flag: Variable<boolean> = {
  fallback: false,
  expected: '1 or 0',
  parse: (given) => (given === '1' ? true : given === '0' ? false : undefined),
};
