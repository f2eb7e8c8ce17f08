/** The code systems of audit messages: those whose codes are all known, and what single codes mean. */

/** A code with its system, as a message has it; absent strings are empty. */
export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

const terminology = 'http://terminology.hl7.org/CodeSystem';

/** Systems with a closed list of codes. The role of an object goes on to 26 in DICOM, whose list it is. */
export const closed_code_systems: Readonly<Record<string, ReadonlySet<string>>> = {
  [`${terminology}/audit-event-type`]: new Set(['rest']),
  [`${terminology}/audit-event-outcome`]: new Set(['0', '4', '8', '12']),
  [`${terminology}/audit-entity-type`]: numbers(1, 4),
  [`${terminology}/object-role`]: numbers(1, 26),
  [`${terminology}/dicom-audit-lifecycle`]: numbers(1, 15),
  [`${terminology}/security-source-type`]: numbers(1, 9),
  'http://hl7.org/fhir/restful-interaction': new Set([
    'read',
    'vread',
    'update',
    'patch',
    'delete',
    'history',
    'history-instance',
    'history-type',
    'history-system',
    'create',
    'search',
    'search-type',
    'search-system',
    'capabilities',
    'transaction',
    'batch',
    'operation',
  ]),
};

export const scr_alert_type = 'https://fhir.nhs.uk/CodeSystem/SCR-AlertType';
export const scr_alert_reason = 'https://fhir.nhs.uk/CodeSystem/SCR-AlertReason';

/** Whether a coding is the DICOM code; senders spell its system in a dozen ways, and leave it out. */
export function isDicom({ system, code }: Coding, wanted: string): boolean {
  return code === wanted && (system === '' || /dicom|dcm|nema|1\.2\.840\.10008/i.test(system));
}

/** Whether the codings have one of the DICOM codes. */
export function hasDicom(codings: readonly Coding[], ...wanted: readonly string[]): boolean {
  return codings.some((coding) => wanted.some((code) => isDicom(coding, code)));
}

/** Whether one of the codings has the code, in a system that the pattern knows, or in none. */
export function hasCode(
  codings: readonly Coding[],
  system: RegExp,
  codes: ReadonlySet<string>,
): boolean {
  return codings.some(
    (coding) => codes.has(coding.code) && (coding.system === '' || system.test(coding.system)),
  );
}

/** Whether a list of a mapping, of `system|code` or `code`, names one of the codings. */
export function namesCoding(list: readonly string[], codings: readonly Coding[]): boolean {
  return (
    list.length > 0 &&
    codings.some((coding) => codingKeys(coding).some((key) => list.includes(key)))
  );
}

/** What the first of the codings that a table of a mapping names stands for. */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  codings: readonly Coding[],
): T | undefined {
  for (const coding of codings)
    for (const key of codingKeys(coding)) if (Object.hasOwn(table, key)) return table[key];
  return undefined;
}

function codingKeys({ system, code, display }: Coding): string[] {
  return [`${system}|${code}`, code, display].filter((key) => key !== '' && key !== '|');
}

function numbers(first: number, last: number): Set<string> {
  return new Set(Array.from({ length: last - first + 1 }, (_, index) => String(first + index)));
}
