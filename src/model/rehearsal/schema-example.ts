/** Makes up a value that fits a JSON schema, for answers that must have a form. */

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const deepest = 20;

/** The plainest value: first choices, empty lists unless some are wanted, zero, false, the word "rehearsed". */
export function exampleOf(schema: unknown, depth = 0): unknown {
  if (!isObject(schema) || depth > deepest) return null;
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const choice = [schema.anyOf, schema.oneOf, schema.allOf].find((list) => Array.isArray(list));
  if (Array.isArray(choice)) return exampleOf(choice[0], depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type ?? (isObject(schema.properties) ? 'object' : undefined)) {
    case 'object':
      return objectExample(schema, depth);
    case 'array': {
      const wanted = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 100) : 0;
      return Array.from({ length: wanted }, () => exampleOf(schema.items, depth + 1));
    }
    case 'string':
      return 'rehearsed';
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 0;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

function objectExample(schema: Fields, depth: number): Fields {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : Object.keys(properties);
  return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name], depth + 1)]));
}
