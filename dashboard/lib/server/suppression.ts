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
 * people did is about those people. Where the hidden parts together still stand for so few, the next smallest part is
 * hidden too, since the whole less the parts shown would else say what the hidden one did.
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
  const hidden = new Set(parts.filter(({ figures }) => isFew(figures)));
  if (hidden.size === 0) return hidden;
  const others = parts
    .filter((part) => !hidden.has(part) && part.figures.staff > 0)
    .sort((a, b) => a.figures.staff - b.figures.staff);
  const staff = () => [...hidden].reduce((total, { figures }) => total + figures.staff, 0);
  while (staff() <= small_max && others.length > 0) {
    const next = others.shift();
    if (next) hidden.add(next);
  }
  return hidden;
}
