/** What is switched on where: the newest decision at or before a detector's version, under its header's ceiling. Pure. */

export interface Activation {
  readonly detector_id: string;
  /** Of the detector's text. */
  readonly version: number;
  /** Empty: all organisations without a decision of their own. */
  readonly organisation_code: string;
  readonly status: string;
}

/** From the least to the most that a detector may do; retired and draft ones do nothing. */
const order = ['shadow', 'signal', 'active'];

/**
 * The status of each detector in each organisation.
 *
 * A decision holds for later versions too: whoever left a detector in shadow has not agreed to its next version. It never
 * lifts a detector above its header, which says what its evaluation warrants.
 *
 * @param activations in the order in which they were made
 */
export function statusesOf(
  detectors: readonly { readonly id: string; readonly version: number; readonly status: string }[],
  activations: readonly Activation[],
): (detector_id: string, organisation_code: string) => string {
  const headers = new Map(detectors.map((detector) => [detector.id, detector]));
  const decided = new Map<string, string>();
  for (const { detector_id, version, organisation_code, status } of activations) {
    if (version <= (headers.get(detector_id)?.version ?? 0))
      decided.set(`${detector_id}\n${organisation_code}`, status);
  }
  return (detector_id, organisation_code) => {
    const ceiling = headers.get(detector_id)?.status ?? 'retired';
    if (!order.includes(ceiling)) return ceiling;
    const wished =
      decided.get(`${detector_id}\n${organisation_code}`) ?? decided.get(`${detector_id}\n`);
    if (wished === undefined || !order.includes(wished)) return ceiling;
    return order.indexOf(wished) < order.indexOf(ceiling) ? wished : ceiling;
  };
}
