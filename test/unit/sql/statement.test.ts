import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blankLiterals, parseStatement, splitStatements } from '../../../sql/statement.ts';

it('splits at semicolons, and at none that stands in a literal or a comment', () => {
  const text = `SELECT ';' AS "a;b" -- no; end
    FROM \`t;\` /* ; */ WHERE x = 'it''s;' AND y = '\\';' AND z = $tag$ ; $tag$; SELECT 2;`;
  expect(splitStatements(text)).toHaveLength(2);
});

it('counts comments alone as no statement', () => {
  expect(splitStatements('SELECT 1; -- that is all\n /* ; */')).toEqual(['SELECT 1']);
});

it('refuses a text of two statements, and one that sets its own limits', () => {
  expect(() => parseStatement('x', 'SELECT 1; DROP TABLE t')).toThrow(/2 statements/);
  expect(() => parseStatement('x', 'SELECT 1 SETTINGS max_threads = 9')).toThrow(/SETTINGS/);
  expect(parseStatement('x', "SELECT 'SETTINGS'").text).toBe("SELECT 'SETTINGS'");
});

it('keeps every offset when it blanks literals, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("'", '"', '\\', ';', '-', '/', '*', '$', 'a', '\n', '`', ' '),
      }),
      (text) => {
        expect(blankLiterals(text)).toHaveLength(text.length);
      },
    ),
  );
});

it('finds one statement whatever a quoted literal holds', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const literal = `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
      expect(splitStatements(`SELECT ${literal} AS x`)).toHaveLength(1);
    }),
  );
});
