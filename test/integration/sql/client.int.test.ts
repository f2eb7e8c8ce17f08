import { expect, it } from 'vitest';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';

onEachEngine('the SQL client', (engine) => {
  it('binds text with quotes, control characters and other scripts unchanged', async () => {
    const text = 'O\'Neil \\ "x" \n\t\r \u0000 é 漢 🙂 {p:String} ; -- /* $$';
    const rows = await engine().client.rows(parseStatement('t', 'SELECT {text:String} AS text'), {
      text,
    });
    expect(rows).toEqual([{ text }]);
  });
});
