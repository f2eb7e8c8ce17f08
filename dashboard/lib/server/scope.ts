/** The one place through which a page reads: every query runs within the viewer's organisations, or has no person in it. */
import type { Binds, SqlClient } from '#sql/client.ts';
import { loadStatement, type Statement } from '#sql/statement.ts';
import { alert_roles, type Role } from './roles.ts';

/**
 * Reads on a viewer's behalf. A page has no other way to the database, and names a statement by its file, so the
 * folder that the file lies in decides what it may see.
 */
export interface Reader {
  /** `dashboard/queries/scoped/<name>.sql`: rows of the viewer's own organisations; none for a role without. */
  scoped<T>(name: string, binds?: Binds): Promise<T[]>;
  /** `dashboard/queries/exchange/<name>.sql`: figures of the whole exchange, of which none names a person. */
  exchange<T>(name: string, binds?: Binds): Promise<T[]>;
  /** `dashboard/queries/administrator/<name>.sql`: what was refused at the front door. Administrators only. */
  administrator<T>(name: string, binds?: Binds): Promise<T[]>;
}

/** Whose eyes a query runs under. */
export interface Scope {
  readonly user_id: string;
  readonly role: Role;
  readonly organisation_codes: readonly string[];
}

const scope_placeholder = '{organisation_codes:Array(String)}';
const own_placeholder = '{own_staff:Array(String)}';

/** A reader for `scope`; without one, nobody is signed in and every query is refused. */
export function createReader(client: SqlClient, scope: Scope | undefined): Reader {
  const signedIn = () => {
    if (!scope) throw new TypeError('Nobody is signed in, so there is nothing to read for.');
    return scope;
  };
  // Once a request, and at the first statement that leaves out what is about the viewer; should it fail, so does the page.
  let own: Promise<string[]> | undefined;
  const ownBinds = async ({ text }: Statement, binds: Binds): Promise<Binds> => {
    if (Object.hasOwn(binds, 'own_staff')) {
      throw new TypeError('Who the viewer is is bound here and nowhere else.');
    }
    if (!text.includes(own_placeholder)) return {};
    own ??= readOwnStaff(client, signedIn().user_id);
    return { own_staff: await own };
  };
  return {
    async scoped(name, binds = {}) {
      const { role, organisation_codes } = signedIn();
      const statement = loadStatement(`dashboard/queries/scoped/${statementName(name)}.sql`);
      if (!statement.text.includes(scope_placeholder)) {
        throw new TypeError(`The statement ${statement.name} does not name its scope.`);
      }
      if (Object.hasOwn(binds, 'organisation_codes')) {
        throw new TypeError('The scope is bound here and nowhere else.');
      }
      const in_scope = alert_roles.includes(role) ? organisation_codes : [];
      const own_binds = await ownBinds(statement, binds);
      return client.rows(
        statement,
        { ...binds, ...own_binds, organisation_codes: in_scope },
        { limits: 'page' },
      );
    },
    async exchange(name, binds = {}) {
      signedIn();
      const statement = loadStatement(`dashboard/queries/exchange/${statementName(name)}.sql`);
      const own_binds = await ownBinds(statement, binds);
      return client.rows(statement, { ...binds, ...own_binds }, { limits: 'page' });
    },
    async administrator(name, binds = {}) {
      if (signedIn().role !== 'administrator') {
        throw new TypeError('Only an administrator reads what was refused.');
      }
      const statement = loadStatement(`dashboard/queries/administrator/${statementName(name)}.sql`);
      return client.rows(statement, binds, { limits: 'page' });
    },
  };
}

/**
 * The identifiers of staff that are the user's own, as `system|id`; none where nothing ties the user to a member of staff.
 * Nobody is shown an alert about themself (decisions/0007).
 */
export async function readOwnStaff(client: SqlClient, user_id: string): Promise<string[]> {
  const rows = await client.rows<{ own_staff: string }>(
    loadStatement('dashboard/queries/people/own_staff.sql'),
    { user_id },
    { limits: 'page' },
  );
  return rows.map(({ own_staff }) => own_staff);
}

function statementName(name: string): string {
  // A name with a path in it could leave the folder that decides what may be seen.
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new TypeError('A statement is named in snake_case.');
  return name;
}
