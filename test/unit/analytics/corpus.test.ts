import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron } from 'croner';
import { describe, expect, it } from 'vitest';
import { tie_detectors } from '../../../dashboard/lib/server/withhold.ts';
import { mutationsOf, readCases, type DetectorCase } from '../../../analytics/case-harness.ts';
import { readExplanationCases } from '../../../analytics/explanation-cases.ts';
import { loadDetectors, type Detector } from '../../../analytics/detectors.ts';
import { loadExplanations } from '../../../analytics/explanations.ts';
import { headerText } from '../../../analytics/header.ts';
import { touchedDaysPath } from '../../../analytics/mark.ts';
import { blankLiterals, project_root } from '../../../sql/statement.ts';

const detectors_folder = join(project_root, 'analytics', 'detectors');
const folders = readdirSync(detectors_folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const detectors = loadDetectors();
const texts = [
  ...detectors.map((detector) => ({
    ...text(detector.id, `${detector.id}/detector.sql`),
    params: detector.params,
  })),
  ...loadExplanations().map((explanation) => ({
    ...text(explanation.id, `../explanations/${explanation.id}.sql`),
    params: explanation.params,
  })),
];

/** Each test is one property of every text, and lists all that break it. */
describe('every detector and explanation', () => {
  it('has a header that is valid, under an id that is its name', () => {
    // Loading checks it; here it is only held against the folders, so that none is skipped.
    expect(detectors.map(({ id }) => id)).toEqual([...folders].sort());
  });

  it('binds exactly its params and the days, and explanations their build', () => {
    const broken = texts.flatMap(({ path, sql, params }) => {
      const bound = new Set(
        [...blankComments(sql).matchAll(/\{([a-z_]+):[^}]+\}/g)].map((match) => match[1] ?? ''),
      );
      const declared = new Set([
        ...Object.keys(params),
        'days',
        ...(isExplanation(path) ? ['build'] : []),
      ]);
      const off = [...bound, ...declared].filter((name) => !bound.has(name) || !declared.has(name));
      return off.length > 0 ? [`${path}: ${off.join(', ')}`] : [];
    });
    expect(broken).toEqual([]);
  });

  it('takes time from its days alone, and names every column', () => {
    const broken = texts.flatMap(({ path, sql }) => {
      const found = blankLiterals(sql).match(
        /\b(?:now64|now|today|yesterday|currentDate|current_timestamp)\b|SELECT\s+\*/gi,
      );
      return found ? [`${path}: ${found.join(', ')}`] : [];
    });
    expect(broken).toEqual([]);
  });

  it('has its thresholds in params: no number but 0, 1 and the places of rounding stands in the SQL', () => {
    const broken = texts.flatMap(({ path, sql }) => {
      const code = blankLiterals(sql)
        .replace(/\{[^}]*\}/g, ' ')
        .replace(/,\s*\d\)\s*AS score/g, ') AS score')
        // A share told as a percentage.
        .replace(/\b100 \* /g, ' ')
        // The places of a tuple or an array.
        .replace(/(\w|\])\.\d\b/g, '$1');
      const numbers = (code.match(/(?<![\w.])\d+(\.\d+)?\b/g) ?? []).filter(
        (number) => number !== '0' && number !== '1',
      );
      return numbers.length > 0 ? [`${path}: ${numbers.join(', ')}`] : [];
    });
    expect(broken).toEqual([]);
  });

  it('is short: 30 lines of header, 120 of SQL', () => {
    const broken = texts.flatMap(({ path, header, sql }) => {
      const lines = { header: header.split('\n').length + 2, sql: sql.trim().split('\n').length };
      return lines.header > 30 || lines.sql > 120
        ? [`${path}: ${lines.header} and ${lines.sql} lines`]
        : [];
    });
    expect(broken).toEqual([]);
  });

  it('needs only datasets whose loads dirty the days that they touch', () => {
    const needed = new Set([...detectors, ...loadExplanations()].flatMap(({ needs }) => needs));
    const read = new Set(
      texts.flatMap(
        ({ sql }) =>
          blankLiterals(sql).match(
            /\b(areas|organisations|staff|staff_identities|patients|patient_contacts|patient_objections|declared_ties|care_relationships|rosters)\b/g,
          ) ?? [],
      ),
    );
    const untouched = [...needed, ...read].filter(
      (dataset) => !existsSync(join(project_root, touchedDaysPath(dataset))),
    );
    expect([...new Set(untouched)]).toEqual([]);
  });
});

describe('every explanation', () => {
  it('looks no further ahead than the days that a changed relationship touches', () => {
    const touched = readFileSync(join(project_root, touchedDaysPath('care_relationships')), 'utf8');
    const ahead = Number(/subtractDays\(min\(starts_on\), (\d+)\)/.exec(touched)?.[1]);
    const broken = loadExplanations().filter(
      ({ params }) => !(Number(params['before_days'] ?? 0) <= ahead),
    );
    expect(broken.map(({ id }) => id)).toEqual([]);
  });
});

describe('every detector', () => {
  it('states in its reason only what it gives as facts', () => {
    const broken = detectors.flatMap((detector) => {
      const names = [...detector.reason.matchAll(/\{([a-z_]+)\}/g)]
        .map((match) => match[1])
        .filter((name) => name !== 'staff');
      const missing = names.filter((name) => !detector.statement.text.includes(`'${name}',`));
      return missing.length > 0 ? [`${detector.id}: ${missing.join(', ')}`] : [];
    });
    expect(broken).toEqual([]);
  });

  it('keeps the patient, and what is known of the staff, out of its facts', () => {
    const broken = detectors.flatMap(({ id, statement }) => {
      const facts =
        /\bmap\('role'[\s\S]*?\) AS facts/.exec(statement.text)?.[0] ?? 'no facts with a role';
      return /patient_id|surname\)|surname,|date_of_birth|address_key|nhs_number|no facts/.test(
        facts,
      )
        ? [`${id}: ${facts}`]
        : [];
    });
    expect(broken).toEqual([]);
  });

  it('is silenced in its SQL by the strength that its header names, and by nothing where it says none', () => {
    const broken = detectors.flatMap(({ id, silenced_by, statement }) => {
      const reads = /\b(access_explanations|unlinked_accesses)\b/.test(statement.text);
      // Either it leaves out what is linked, or it reads nothing but what is not.
      const names = [`strength >= '${silenced_by}'`, `below = '${silenced_by}'`].some((words) =>
        statement.text.includes(words),
      );
      return (silenced_by === 'none' ? reads : !names) ? [id] : [];
    });
    expect(broken).toEqual([]);
  });

  it('has the person and the organisation in its grain, by which the view of alerts groups, and declares how far back it reads', () => {
    const broken = detectors.flatMap(({ id, grain, lookback_days, params }) => [
      ...['staff_id_system', 'staff_id', 'organisation_code']
        .filter((part) => !grain.some((name) => name === part))
        .map((part) => `${id}: ${part} is not in its grain`),
      ...(lookback_days === (params.lookback_days ?? 0) ? [] : [`${id}: lookback_days`]),
    ]);
    expect(broken).toEqual([]);
  });

  it('has a schedule that can be kept, where it has one', () => {
    const never = detectors.filter(
      ({ schedule }) =>
        schedule !== undefined && new Cron(schedule, { paused: true }).nextRun() === null,
    );
    expect(never.map(({ id }) => id)).toEqual([]);
  });

  it('has a README with its four parts', () => {
    const parts = ['Rationale', 'What to check first', 'Common false positives', 'Blind spots'];
    const broken = detectors.flatMap(({ id, readme }) => {
      const found = [...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
      return found.join() === parts.join() ? [] : [`${id}: ${found.join(', ')}`];
    });
    expect(broken).toEqual([]);
  });

  it('has a case that fires, a near miss, and two for each threshold', () => {
    const broken = detectors.flatMap(({ id, params }) => {
      const cases = readCases(id);
      // A weight has no side on which it fires: it moves a score, which the mutations hold some case to.
      const numeric = Object.entries(params).filter(
        ([name, value]) => typeof value === 'number' && !name.endsWith('_weight'),
      ).length;
      const fires = cases.some(({ expect: rows }) => rows.length > 0);
      const misses = cases.some(({ expect: rows }) => rows.length === 0);
      return fires && misses && cases.length >= 2 * numeric ? [] : [id];
    });
    expect(broken).toEqual([]);
  });

  it('has every numeric param pinned both ways by a case', () => {
    const unpinned = [
      ...detectors.flatMap((detector) => unpinnedOf(detector, readCases(detector.id))),
      ...loadExplanations().flatMap((one) => unpinnedOf(one, readExplanationCases(one.id))),
    ];
    expect(unpinned, 'add each to the pins of a case that notices it').toEqual([]);
  });

  it('is withheld at a protected address where it tells of where people live', () => {
    const telling = detectors.filter(({ id, title, reason, statement }) => {
      const sql = statement.text.replaceAll(/\/\*[^]*?\*\/|--.*/g, '');
      const literals = [...sql.matchAll(/'([^']*)'/g)].map(([, text]) => text);
      // One's own record says nothing of where anybody else lives.
      return (
        id !== 'own_record' &&
        /postcode|same address|own address|neighbour|lives near|next door/i.test(
          [title, reason, ...literals].join(' '),
        )
      );
    });
    expect(telling.map(({ id }) => id)).toContain('lone_tie');
    expect(telling.map(({ id }) => id).filter((id) => !tie_detectors.includes(id))).toEqual([]);
  });

  it('gets a new version whenever its text changes', () => {
    const locked = JSON.parse(
      readFileSync(join(detectors_folder, 'checksums.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const now = Object.fromEntries(
      detectors.map(({ id, version }) => {
        const sha256 = createHash('sha256')
          .update(readFileSync(join(detectors_folder, id, 'detector.sql')))
          .digest('hex');
        return [id, { version, sha256 }];
      }),
    );
    const broken = Object.entries(now).flatMap(([id, { version, sha256 }]) => {
      const kept = locked[id] ?? {};
      const newest = Math.max(0, ...Object.keys(kept).map(Number));
      if (kept[version] === sha256 && newest === version) return [];
      return [`${id} ${version}: raise the version, and lock it in checksums.json as ${sha256}`];
    });
    expect(broken).toEqual([]);
  });
});

function unpinnedOf(of: Pick<Detector, 'id' | 'params'>, cases: readonly DetectorCase[]): string[] {
  const pinned = new Set(cases.flatMap(({ pins }) => pins));
  return mutationsOf(of).flatMap(({ name }) => (pinned.has(name) ? [] : [`${of.id}: ${name}`]));
}

function text(id: string, path: string) {
  const whole = readFileSync(join(detectors_folder, path), 'utf8');
  const header = headerText(path, whole, isExplanation(path) ? 'explanation' : 'detector');
  return { id, path, header, sql: whole.slice(whole.indexOf('*/') + 2) };
}

function blankComments(sql: string): string {
  return sql.replace(/--.*$/gm, '');
}

function isExplanation(path: string): boolean {
  return path.startsWith('..');
}
