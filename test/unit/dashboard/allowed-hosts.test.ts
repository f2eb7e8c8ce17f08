/** Which names the dashboard answers to. */
import { expect, test } from 'vitest';
import { createHostCheck } from '../../../dashboard/lib/server/allowed-hosts.ts';

test('bound to this machine it answers to loopback names on any port, and to no other', () => {
  const isOurs = createHostCheck(true, []);
  for (const host of ['127.0.0.1:3000', 'localhost', 'LOCALHOST:1', '[::1]:3000']) {
    expect([host, isOurs(host)]).toEqual([host, true]);
  }
  for (const host of [undefined, '', 'evil.example', 'localhost.evil.example', '127.0.0.1@evil']) {
    expect([host, isOurs(host)]).toEqual([host, false]);
  }
});

test('bound beyond this machine it answers to the names that it was given', () => {
  const isOurs = createHostCheck(false, ['Audit.example.nhs.uk', '10.0.0.7:3000']);
  for (const host of ['audit.example.nhs.uk', 'AUDIT.example.nhs.uk:8443', '10.0.0.7:3000']) {
    expect([host, isOurs(host)]).toEqual([host, true]);
  }
  for (const host of ['localhost', '127.0.0.1:3000', '0.0.0.0', '10.0.0.7', '10.0.0.7:3001']) {
    expect([host, isOurs(host)]).toEqual([host, false]);
  }
});

test('a name that is given counts beside loopback', () => {
  expect(createHostCheck(true, ['audit.test'])('audit.test:3000')).toBe(true);
});

test('bound beyond this machine without a name, or with what is no name, it does not start', () => {
  for (const hosts of [[], ['https://audit.test'], ['*'], ['']]) {
    expect(() => createHostCheck(false, hosts)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('ALLOWED_HOSTS') as string,
      }) as Error,
    );
  }
});
