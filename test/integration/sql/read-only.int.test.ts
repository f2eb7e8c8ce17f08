import { expect, it } from 'vitest';
import { fixedClock } from '../../../sql/clock.ts';
import { sqlCommand } from '../../../sql/sql-command.ts';
import { onEachEngine } from '../../support/engines.ts';

onEachEngine('npm run sql', (engine) => {
  async function run(...args: string[]): Promise<string> {
    const lines: string[] = [];
    const to = { progress: () => {}, output: (text: string) => void lines.push(text) };
    await sqlCommand(engine().client, fixedClock(0))(args, to);
    return lines.join('');
  }

  it('gives rows alone, in the format asked for', async () => {
    expect(await run('SELECT 1 AS one, 2 AS two')).toBe('1\t2\n');
    expect(await run('--format', 'JSONEachRow', 'WITH x AS (SELECT 7 AS n) SELECT n FROM x;')).toBe(
      '{"n":7}\n',
    );
    expect(await run('SELECT count() FROM access_events')).toBe('0\n');
    expect(await run("SELECT count() > 10 FROM system.columns WHERE database = 'audit'")).toBe(
      '1\n',
    );
  });

  it('takes a column for a column, beside an IN as well', async () => {
    expect(
      await run(
        'SELECT count() FROM access_events AS e WHERE e.source IN (e.staff_id, e.patient_id)',
      ),
    ).toBe('0\n');
    expect(
      await run(
        'SELECT count() FROM access_events WHERE (source, event_id) IN (SELECT source, event_id FROM access_events)',
      ),
    ).toBe('0\n');
    expect(await run('SELECT count() FROM access_events WHERE source IN sources')).toBe('0\n');
  });

  it('records the statement before it answers', async () => {
    await run("SELECT 'recorded'");
    expect(await run("SELECT count() FROM own_audit WHERE detail = 'SELECT \\'recorded\\''")).toBe(
      '1\n',
    );
  });

  it.each([
    ['SELECT 1; SELECT 2', 'SQL_MULTIPLE'],
    ["SELECT 1 /* ' */; DROP TABLE access_events -- '", 'SQL_MULTIPLE'],
    ["INSERT INTO areas_versions (area_code) VALUES ('x')", 'SQL_NOT_A_READ'],
    ['INSERT INTO areas_versions (area_code) SELECT 1', 'SQL_NOT_A_READ'],
    ['DROP TABLE access_events', 'SQL_NOT_A_READ'],
    ['SET max_threads = 1', 'SQL_NOT_A_READ'],
    ['EXPLAIN SELECT 1', 'SQL_NOT_A_READ'],
    ['SELECT 1 SETTINGS max_memory_usage = 0', 'SQL_NOT_A_READ'],
    ["SELECT * FROM file('/etc/passwd', 'LineAsString')", 'SQL_REACHES_OUTSIDE'],
    ["SELECT file('/etc/passwd')", 'SQL_REACHES_OUTSIDE'],
    [
      "SELECT 1 WHERE 1 IN (SELECT 1 FROM url('http://127.0.0.1/', 'CSV', 'a String'))",
      'SQL_REACHES_OUTSIDE',
    ],
    ["SELECT * FROM executable('x', 'CSV', 'a String')", 'SQL_REACHES_OUTSIDE'],
    ['SELECT * FROM (SELECT 1) AS a, numbers(3) AS b', 'SQL_REACHES_OUTSIDE'],
    [
      "WITH t AS (SELECT * FROM file('/etc/passwd', 'LineAsString')) SELECT * FROM t",
      'SQL_REACHES_OUTSIDE',
    ],
    ['SELECT * FROM system.processes', 'SQL_REACHES_OUTSIDE'],
    ['SELECT source FROM access_events WHERE source IN otherdb.tbl', 'SQL_REACHES_OUTSIDE'],
    ["SELECT dictHas('x', 1)", 'SQL_REACHES_OUTSIDE'],
    ["SELECT 'x' IN system.processes", 'SQL_REACHES_OUTSIDE'],
    ["SELECT dictGetString('x', 'y', 1)", 'SQL_REACHES_OUTSIDE'],
    ['SELECT * FROM system.user_processes', 'SQL_REACHES_OUTSIDE'],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 'SQL_'],
    ['SELECT 1 FORMAT Null', 'SQL_NOT_A_READ'],
    ['SELEC 1', 'SQL_SYNTAX'],
    ['', 'SQL_EMPTY'],
  ])('refuses %s', async (statement, code) => {
    await expect(run(statement)).rejects.toMatchObject({ code: expect.stringContaining(code) });
  });

  it('records a statement that it then refuses, too', async () => {
    await expect(run('DROP TABLE refused')).rejects.toThrow();
    expect(await run("SELECT count() FROM own_audit WHERE detail = 'DROP TABLE refused'")).toBe(
      '1\n',
    );
  });

  it('refuses a format that it does not know, and more than one argument', async () => {
    await expect(run('--format', 'Native', 'SELECT 1')).rejects.toMatchObject({
      code: 'SQL_FORMAT_UNKNOWN',
    });
    await expect(run('SELECT', '1')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('shows what the engine says of a wrong column to the person who typed it', async () => {
    await expect(run('SELECT no_such FROM access_events')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      engine_message: expect.stringContaining('no_such'),
    });
  });
});
