// TypeScript types of the HTTP API, from api.json, which its head describes, and reading_api.json.

const plain = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean' };

function typeOf(field) {
  let type = plain[field.type] ?? field.type;
  if (field.type === 'array') {
    const item = typeOf(field.of);
    type = item.includes(' ') ? `(${item})[]` : `${item}[]`;
  } else if (field.words) {
    type = field.words.map((w) => `'${w}'`).join(' | ');
  }
  return field.nullable ? `${type} | null` : type;
}

function comment(indent, about) {
  return about ? `${indent}/** ${about} */\n` : '';
}

function typeText(name, { about, fields }) {
  const rows = Object.entries(fields).map(
    ([key, f]) => `${comment('  ', f.about)}  ${key}${f.optional ? '?' : ''}: ${typeOf(f)};\n`,
  );
  return `${comment('', about)}export interface ${name} {\n${rows.join('')}}\n`;
}

/** The source of a module with an interface for each type of the schema. */
export function apiTypes(schema) {
  const all = Object.entries(schema.types).map(([name, type]) => typeText(name, type));
  return `// Made from api.json and reading_api.json by build.mjs.\n\n${all.join('\n')}`;
}
