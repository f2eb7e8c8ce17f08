/** The one place through which a page reads: every query runs within the viewer's organisations, or has no person in it. */
import type { Binds, SqlClient } from '#sql/client.ts';
import { loadStatement } from '#sql/statement.ts';
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
  readonly role: Role;
  readonly organisation_codes: readonly string[];
}

const scope_placeholder = '{organisation_codes:Array(String)}';

/** A reader for `scope`; without one, nobody is signed in and every query is refused. */
export function createReader(client: SqlClient, scope: Scope | undefined): Reader {
  const signedIn = () => {
    if (!scope) throw new TypeError('Nobody is signed in, so there is nothing to read for.');
    return scope;
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
      return client.rows(statement, { ...binds, organisation_codes: in_scope }, { limits: 'page' });
    },
    async exchange(name, binds = {}) {
      signedIn();
      const statement = loadStatement(`dashboard/queries/exchange/${statementName(name)}.sql`);
      return client.rows(statement, binds, { limits: 'page' });
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

function statementName(name: string): string {
  // A name with a path in it could leave the folder that decides what may be seen.
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new TypeError('A statement is named in snake_case.');
  return name;
}
