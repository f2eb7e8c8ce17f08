/** What every chart shares: colours, and the size of its text. */

/** White ground, and a grey that reads against it (7:1). */
export const axis_colour = '#595959';
export const bar_colour = '#005eb8';
/** Twelve points, in pixels. */
export const text_px = 16;
/** About what one character of that size takes. */
export const character_px = 8.2;
