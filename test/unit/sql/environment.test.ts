import { expect, it } from 'vitest';
import { flag, optional_url, parseEnvironment, port, someOf } from '../../../sql/environment.ts';

const variables = { PORT: port(3000), SERVICES: someOf(['ingest', 'dashboard']), DEMO: flag };

it('takes the fallback where a variable is missing or empty', () => {
  expect(parseEnvironment(variables, { PORT: '' })).toEqual({
    PORT: 3000,
    SERVICES: ['ingest', 'dashboard'],
    DEMO: false,
  });
});

it('names every variable at fault, and what it should hold', () => {
  const parse = () =>
    parseEnvironment(variables, { PORT: '99999', SERVICES: 'ingest,mail', DEMO: 'yes' });
  expect(parse).toThrow(/PORT.*a port.*SERVICES.*ingest, dashboard.*DEMO.*1 or 0/);
});

it('does not repeat what may hold a password', () => {
  const parse = () => parseEnvironment({ URL: optional_url }, { URL: 'ftp://user:secret@host' });
  expect(parse).toThrow(/URL is not understood; it should be a URL/);
  expect(parse).not.toThrow(/secret/);
});
