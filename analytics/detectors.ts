/** The catalogue: every detector's folder, read and checked once. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadStatement, parseStatement, project_root, type Statement } from '../sql/statement.ts';
import { definitionInvalid, detectorUnknown } from './errors.ts';
import { parseDetectorHeader, type DetectorHeader } from './header.ts';

/** A detector as its folder says it: the header, the statement to run, and the README that people read. */
export interface Detector extends DetectorHeader {
  readonly statement: Statement;
  /** Of a live one, where it has it: on which days new events might raise or change an alert (candidates.ts). */
  readonly candidates?: Statement | undefined;
  readonly readme: string;
}

const folder = 'analytics/detectors';
let catalogue: readonly Detector[] | undefined;

/**
 * All detectors, by id.
 *
 * @throws CodedError DEFINITION_INVALID when a folder is not in the form of DETECTORS.md
 */
export function loadDetectors(): readonly Detector[] {
  catalogue ??= readdirSync(join(project_root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readDetector(entry.name))
    .sort((a, b) => a.id.localeCompare(b.id));
  return catalogue;
}

/** One detector. @throws CodedError DETECTOR_UNKNOWN */
export function findDetector(id: string): Detector {
  const detectors = loadDetectors();
  const found = detectors.find((detector) => detector.id === id);
  if (!found)
    throw detectorUnknown(
      id,
      detectors.map((detector) => detector.id),
    );
  return found;
}

/** Whether the runner runs it: a draft is not ready, and a retired one's alerts stay as they are. */
export function isRun(detector: Detector): boolean {
  return detector.status !== 'draft' && detector.status !== 'retired';
}

/** Whether what it finds becomes an alert that people see. */
export function isRaising(detector: Detector): boolean {
  return detector.status === 'active' || detector.status === 'signal';
}

function readDetector(id: string): Detector {
  const path = `${folder}/${id}/detector.sql`;
  const text = readFileSync(join(project_root, path), 'utf8');
  const header = parseDetectorHeader(path, text);
  if (header.id !== id) throw definitionInvalid(path, `its id is ${header.id}, its folder ${id}.`);
  const candidates = `${folder}/${id}/candidates.sql`;
  return {
    ...header,
    statement: parseStatement(path, text),
    candidates: existsSync(join(project_root, candidates)) ? loadStatement(candidates) : undefined,
    readme: readFileSync(join(project_root, folder, id, 'README.md'), 'utf8'),
  };
}

/** What of a detector is told to the dashboard, by way of `detector_versions`. */
export function catalogueRow(detector: Detector) {
  const row = {
    detector_id: detector.id,
    version: detector.version,
    title: detector.title,
    status: detector.status,
    severity: detector.severity,
    mode: detector.mode,
    needs: detector.needs,
    silenced_by: detector.silenced_by,
    params: JSON.stringify(detector.params),
    readme: detector.readme,
  };
  return { ...row, content_hash: createHash('sha256').update(JSON.stringify(row)).digest('hex') };
}
