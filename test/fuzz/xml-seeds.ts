/** XML that was written to break parsers, for the targets that read XML. */

const repeat = (text: string, times: number) => text.repeat(times);

/** Entities that double or repeat, a hundred thousand attributes, a million nested elements, and the like. */
export function xmlAttacks(root: string): Buffer[] {
  const laughs = Array.from(
    { length: 9 },
    (_value, index) => `<!ENTITY lol${index + 1} "${repeat(`&lol${index};`, 10)}">`,
  ).join('');
  const attributes = Array.from({ length: 100_000 }, (_value, index) => ` a${index}="v"`).join('');
  const spaces = Array.from({ length: 50 }, (_value, index) => ` xmlns:n${index}="u${index}"`);
  return [
    `<!DOCTYPE ${root} [<!ENTITY lol0 "lol">${laughs}]><${root}>&lol9;</${root}>`,
    `<!DOCTYPE ${root} [<!ENTITY a "${repeat('a', 50_000)}">]><${root}>${repeat('&a;', 50_000)}</${root}>`,
    `<!DOCTYPE ${root} SYSTEM "file:///etc/passwd"><${root}/>`,
    `<!DOCTYPE ${root} [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><${root}>&x;</${root}>`,
    `<${root}${attributes}/>`,
    `<${root}>${repeat('<a>', 1_000_000)}${repeat('</a>', 1_000_000)}</${root}>`,
    `<${root}>${repeat('<a/>', 1_000_000)}</${root}>`,
    `<${root}>${repeat('&amp;', 1_000_000)}</${root}>`,
    `<${root}>${repeat('<![CDATA[x]]>', 300_000)}</${root}>`,
    `<${root}>${repeat('<!-- - -->', 300_000)}</${root}>`,
    `<${root} a="${repeat('x', 4_000_000)}"/>`,
    `<${repeat('n', 2_000_000)}/>`,
    `<${root}${spaces.join('')}>${repeat('<n49:a n1:b="1" n2:b="2"/>', 50_000)}</${root}>`,
    `<${root}>${repeat('<', 500_000)}`,
    `<${root}>${repeat(']]>', 200_000)}</${root}>`,
    `<?xml version="1.0"?>${repeat('<?a b?>', 200_000)}<${root}/>`,
    `<${root}\u{1f600}>\u{1f600}\r\n</${root}>`,
  ].map((text) => Buffer.from(text));
}
