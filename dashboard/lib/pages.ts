/** Which pages of a long list a page links to: the first, the last, and those around it. */

/** Those pages, from 1, in order. */
export function linkedPages(page: number, pages: number): number[] {
  const near = new Set([1, page - 1, page, page + 1, pages]);
  return [...near].filter((n) => n >= 1 && n <= pages).sort((a, b) => a - b);
}

/** The addresses of those pages and of no others: a list of 300 000 has 15 000 pages. */
export function pageAddresses(
  page: number,
  pages: number,
  addressOf: (page: number) => string,
): Readonly<Record<number, string>> {
  return Object.fromEntries(linkedPages(page, pages).map((n) => [n, addressOf(n)]));
}
