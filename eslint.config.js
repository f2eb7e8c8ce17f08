// Lint: the language's own traps, and the rules of this house that a reviewer would otherwise have to remember.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** Files of one service may not reach into another: they meet in tables. */
const services = ['ingest', 'analytics', 'dashboard'];

const engine_packages = ['chdb', 'chdb/*', '@clickhouse/client', '@clickhouse/client/*'];

/** What no code may do, with the reason that the person who meets it reads. */
const restricted_syntax = [
  {
    selector: "Property[key.name='clickhouse_settings']",
    message:
      'On an embedded connection these become sticky and can inject; limits go in sql/limits.ts.',
  },
  {
    selector: "Property[key.name='log_comment']",
    message: 'A crafted log_comment injects; the statement name is the tag.',
  },
  {
    selector: "Property[key.name='query_params'] NewExpression[callee.name='Date']",
    message: 'A Date bound to DateTime64 loses its milliseconds; bind epoch milliseconds.',
  },
];

const clock_syntax = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'The clock is passed in (sql/clock.ts).',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'The clock is passed in (sql/clock.ts).',
  },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Configuration is parsed once, in start.ts.',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Randomness is seeded, or from node:crypto.',
  },
];

function boundary(folder, others) {
  return {
    files: [`${folder}/**/*.{ts,svelte}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...others.map((other) => ({
              regex: `(^|/)${other}/`,
              message: `${folder} does not import ${other}: they meet in tables.`,
            })),
            { group: engine_packages, message: 'Only sql/client.ts opens ClickHouse.' },
          ],
        },
      ],
    },
  };
}

export default ts.config(
  { ignores: ['node_modules', 'dashboard/build', 'dashboard/.svelte-kit', 'data*'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    rules: {
      'no-restricted-syntax': ['error', ...restricted_syntax, ...clock_syntax],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
  },
  // SvelteKit's own idioms: `throw error(404)`, links that the adapter resolves.
  {
    files: ['dashboard/**'],
    rules: {
      'svelte/no-navigation-without-resolve': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  ...services.map((folder) =>
    boundary(
      folder,
      services.filter((other) => other !== folder),
    ),
  ),
  boundary('sql', services),
  { files: ['sql/client.ts', 'sql/sql-client.ts'], rules: { 'no-restricted-imports': 'off' } },
  // The places where the clock and the environment come from, and tests, which set both.
  {
    files: ['start.ts', 'sql/clock.ts', 'test/**', '*.config.{ts,js}'],
    rules: { 'no-restricted-syntax': ['error', ...restricted_syntax] },
  },
);
