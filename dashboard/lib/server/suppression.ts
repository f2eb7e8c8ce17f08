/** Disclosure control of the usage figures, after the rule of Hospital Episode Statistics, for whoever reads them. */

/** A figure as it may be published: rounded to five, or `*` for a small number. */
export type Published = number | '*';

export interface Figures {
  readonly openings: number;
  readonly views: number;
  readonly staff: number;
}
export type PublishedFigures = { readonly [name in keyof Figures]: Published };

/** 0 stays, 1 to 7 are hidden, and everything else is rounded to the nearest 5: totals too. */
export function publishFigure(exact: number): Published {
  if (exact === 0) return 0;
  if (exact <= small_max) return '*';
  return Math.round(exact / 5) * 5;
}

const small_max = 7;

/**
 * The figures of the parts of one whole (the areas of one month), each as it may be published.
 *
 * A part in which 1 to 7 staff were active is hidden altogether, however many records they opened: what a handful of
 * people did is about those people. The whole less the parts shown says what the hidden ones come to, so the next
 * smallest part is hidden with them. That one alone has more than 7 staff, and so have the hidden parts together: the
 * staff of parts must not be added up, since one person can be active in several. Where no part is left to show, the
 * whole says nothing but itself, which `publishWhole` judges by its own distinct staff.
 */
export function publishParts<Part extends { readonly figures: Figures }>(
  parts: readonly Part[],
): (Part & { readonly published: PublishedFigures })[] {
  const hidden = hiddenParts(parts);
  return parts.map((part) => ({
    ...part,
    published: hidden.has(part) ? hidden_figures : publishWhole(part.figures),
  }));
}

/** The figures of a whole; one that so few staff make up is hidden like a part. */
export function publishWhole(figures: Figures): PublishedFigures {
  if (isFew(figures)) return hidden_figures;
  return {
    openings: publishFigure(figures.openings),
    views: publishFigure(figures.views),
    staff: publishFigure(figures.staff),
  };
}

const hidden_figures: PublishedFigures = { openings: '*', views: '*', staff: '*' };

function isFew({ staff }: Figures): boolean {
  return staff > 0 && staff <= small_max;
}

function hiddenParts<Part extends { readonly figures: Figures }>(
  parts: readonly Part[],
): Set<Part> {
  const few = parts.filter(({ figures }) => isFew(figures));
  const [next] = parts
    .filter(({ figures }) => figures.staff > small_max)
    .sort((a, b) => a.figures.staff - b.figures.staff);
  return new Set(few.length > 0 && next ? [...few, next] : few);
}
